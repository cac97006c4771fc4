/** Offers the embedded demonstration as a plain or a premium member, where this desk has one. */
import { Button, makeStyles, Spinner, Subtitle1, Text, tokens } from '@fluentui/react-components';
import { Beaker24Regular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { useCommand } from '../../state/command.ts';
import { useDesk } from '../../state/mirror.ts';
import { useCardStyles } from './cardStyles.ts';

const useStyles = makeStyles({
  coming: { justifyContent: 'start' },
  lead: { color: tokens.colorNeutralForeground2 },
  list: { margin: 0, paddingLeft: '18px', color: tokens.colorNeutralForeground2, lineHeight: '22px' },
});

export function DemoCard() {
  const { t } = useTranslation();
  const card = useCardStyles();
  const styles = useStyles();
  const available = useDesk(({ session }) => session.demoAvailable);
  const coming = useDesk(({ session }) => session.demoStarting);
  const start = useCommand('session.startDemo');
  const [starting, setStarting] = useState<'plain' | 'premium' | null>(null);

  const choose = async (member: 'plain' | 'premium'): Promise<void> => {
    setStarting(member);
    await start.run({ member });
    setStarting(null);
  };
  const spinner = (member: 'plain' | 'premium') =>
    starting === member ? { icon: <Spinner size="tiny" aria-hidden /> } : {};

  return (
    <section className={card.card} aria-labelledby="demo-title">
      <Beaker24Regular className={card.icon} aria-hidden />
      <Subtitle1 as="h2" id="demo-title" className={card.title}>
        {t('firstStart.demo')}
      </Subtitle1>
      <Text className={styles.lead}>{t('firstStart.demoLead')}</Text>
      <ul className={styles.list}>
        <li>{t('firstStart.demoBalance')}</li>
        <li>{t('firstStart.demoSimulated')}</li>
        <li>{t('firstStart.demoLocal')}</li>
      </ul>
      {start.problem !== null && <ProblemMessage problem={start.problem} />}
      {coming && <Spinner className={styles.coming} size="tiny" label={t('firstStart.demoStarting')} />}
      {!available && !coming && <Text className={styles.lead}>{t('firstStart.demoUnavailable')}</Text>}
      <div className={card.actions}>
        <Button
          disabled={!available || starting !== null}
          {...spinner('plain')}
          onClick={() => void choose('plain')}
        >
          {t('firstStart.demoPlain')}
        </Button>
        <Button
          disabled={!available || starting !== null}
          {...spinner('premium')}
          onClick={() => void choose('premium')}
        >
          {t('firstStart.demoPremium')}
        </Button>
      </div>
    </section>
  );
}
