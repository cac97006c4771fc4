/** Asks for the billing server's address and tries it. What was typed stays when it is refused. */
import { useState, type FormEvent } from 'react';
import {
  Button,
  Field,
  Input,
  makeStyles,
  Spinner,
  Subtitle1,
  Text,
  tokens,
} from '@fluentui/react-components';
import { PlugConnected24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { problemText } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { useDesk } from '../../state/mirror.ts';
import { useCardStyles } from './cardStyles.ts';

const useStyles = makeStyles({ lead: { color: tokens.colorNeutralForeground2 } });

export function ConnectCard({ onConnected }: { readonly onConnected: () => void }) {
  const { t } = useTranslation();
  const card = useCardStyles();
  const styles = useStyles();
  const known = useDesk(({ session }) => (session.demo ? null : session.serverUrl));
  const [address, setAddress] = useState(known ?? '');
  const connect = useCommand('session.connect');
  const ofField =
    connect.problem?.field === 'serverUrl' || connect.problem?.code === 'server_address_invalid';

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const reply = await connect.run({ serverUrl: address.trim() });
    if (reply?.ok === true) onConnected();
  };

  return (
    <form
      className={card.card}
      aria-labelledby="connect-title"
      onSubmit={(event) => void submit(event)}
      noValidate
    >
      <PlugConnected24Regular className={card.icon} aria-hidden />
      <Subtitle1 as="h2" id="connect-title" className={card.title}>
        {t('firstStart.connect')}
      </Subtitle1>
      <Text className={styles.lead}>{t('firstStart.connectLead')}</Text>
      <Field
        label={t('firstStart.address')}
        {...(ofField && connect.problem !== null
          ? { validationMessage: problemText(t, connect.problem) }
          : { hint: t('firstStart.addressHint') })}
      >
        <Input
          type="url"
          autoComplete="url"
          spellCheck={false}
          placeholder="https://billing.example.com"
          value={address}
          onChange={(_, data) => {
            setAddress(data.value);
            connect.clear();
          }}
        />
      </Field>
      {connect.problem !== null && !ofField && <ProblemMessage problem={connect.problem} />}
      <div className={card.actions}>
        <Button
          type="submit"
          appearance="primary"
          disabled={connect.busy || address.trim() === ''}
          {...(connect.busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
        >
          {connect.busy ? t('firstStart.connecting') : t('firstStart.connectAction')}
        </Button>
      </div>
    </form>
  );
}
