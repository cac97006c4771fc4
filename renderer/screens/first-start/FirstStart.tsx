/**
 * What stands before the desk: choose a server or the demonstration, then sign in. It never shows anything of an
 * account.
 */
import { useState } from 'react';
import { makeStyles, mergeClasses, Text, Title2, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Brand } from '../../parts/Brand.tsx';
import { SignInForm } from '../../parts/SignInForm.tsx';
import { useDesk } from '../../state/mirror.ts';
import { ConnectCard } from './ConnectCard.tsx';
import { DemoCard } from './DemoCard.tsx';
import { LanguageChoice } from './LanguageChoice.tsx';

const useStyles = makeStyles({
  page: {
    height: '100%',
    overflow: 'auto',
    display: 'grid',
    gridTemplateRows: 'auto 1fr',
    backgroundColor: tokens.colorNeutralBackground3,
  },
  top: {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'space-between',
    padding: '12px 20px',
  },
  main: {
    display: 'flex',
    flexDirection: 'column',
    justifyContent: 'center',
    boxSizing: 'border-box',
    width: '100%',
    maxWidth: '840px',
    margin: '0 auto',
    padding: '8px 24px 64px',
  },
  title: { margin: 0 },
  lead: { color: tokens.colorNeutralForeground2, margin: '6px 0 24px', display: 'block' },
  cards: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '16px', alignItems: 'stretch' },
  narrow: { maxWidth: '468px' },
  one: { gridTemplateColumns: '1fr' },
});

export function FirstStart({ phase }: { readonly phase: 'first_start' | 'signed_out' }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const serverUrl = useDesk(({ session }) => session.serverUrl);
  const demo = useDesk(({ session }) => session.demo);
  // The address is asked again when the person wants another server than the one that was chosen.
  const [changing, setChanging] = useState(false);
  // A desk that was started for a server has no demonstration, and says nothing of one.
  const hasDemo = useDesk(({ session }) => session.demoAvailable || session.demoStarting);
  const withDemo = hasDemo || phase === 'first_start';
  const signIn = phase === 'signed_out' && serverUrl !== null && !demo && !changing;
  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <Brand />
        <LanguageChoice />
      </header>
      <main className={mergeClasses(styles.main, !withDemo && styles.narrow)}>
        <Title2 as="h1" className={styles.title}>
          {signIn ? t('signIn.title') : t('firstStart.title')}
        </Title2>
        <Text className={styles.lead}>{signIn ? t('signIn.lead') : t('firstStart.lead')}</Text>
        <div className={mergeClasses(styles.cards, !withDemo && styles.one)}>
          {signIn ? (
            <SignInForm serverUrl={serverUrl} onOtherServer={() => setChanging(true)} />
          ) : (
            <ConnectCard onConnected={() => setChanging(false)} />
          )}
          {withDemo && <DemoCard />}
        </div>
      </main>
    </div>
  );
}
