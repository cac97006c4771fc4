/**
 * The whole page: theme and language from the settings, and which of its three faces it shows — still reading,
 * not signed in, or at work. It holds no screen's content.
 */
import { useEffect } from 'react';
import { Button, FluentProvider, makeStyles, Spinner, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../shared/ipc-words.ts';
import { languageOfMachine, speak } from './messages.ts';
import { ProblemMessage, RetryMessage } from './parts/ProblemMessage.tsx';
import { Frame } from './screens/frame/Frame.tsx';
import { late, useLate } from './state/late.ts';
import { readAll, useEngineIsThere, useMirror } from './state/mirror.ts';
import { themeOf, useShade } from './theme.ts';

const useStyles = makeStyles({
  // Not on the provider itself: its class is put on every dialog's layer too, which would hide what lies below.
  ground: { height: '100%', backgroundColor: tokens.colorNeutralBackground3 },
  centre: {
    height: '100%',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: tokens.spacingVerticalL,
    padding: '24px',
    boxSizing: 'border-box',
  },
});

export function App() {
  const styles = useStyles();
  const settings = useMirror(({ desk }) => desk?.settings);
  const shade = useShade(settings?.theme ?? 'system');
  const language = settings?.language ?? languageOfMachine();

  useEffect(() => void speak(language), [language]);
  useEffect(() => {
    document.documentElement.style.colorScheme = shade === 'light' ? 'light' : 'dark';
    document.documentElement.dataset['shade'] = shade;
  }, [shade]);

  return (
    <FluentProvider theme={themeOf(shade)}>
      <div className={styles.ground}>
        <Face />
        <LateNotices />
      </div>
    </FluentProvider>
  );
}

function Face() {
  const phase = useMirror(({ desk }) => desk?.session.phase);
  const account = useMirror(({ desk }) => desk?.session.account?.id);
  const problem = useMirror((state) => state.problem);
  if (phase === undefined) return problem === null ? <Reading /> : <Unreadable problem={problem} />;
  if (phase === 'first_start' || phase === 'signed_out') return <LateFirstStart phase={phase} />;
  // Keyed by account: nothing of one person's screens is carried over to another's.
  return <Frame key={account} />;
}

const firstStart = late(async () => import('./screens/first-start/FirstStart.tsx'));

function LateFirstStart({ phase }: { readonly phase: 'first_start' | 'signed_out' }) {
  const styles = useStyles();
  const fetched = useLate(firstStart);
  if (fetched.kind === 'here') return <fetched.part.FirstStart phase={phase} />;
  if (fetched.kind === 'awaited') return <Reading />;
  return (
    <main className={styles.centre}>
      <RetryMessage
        problem={{ code: 'engine_stopped', params: {} }}
        onRetry={() => void firstStart.fetch()}
      />
    </main>
  );
}

const notices = late(async () => import('./parts/Notices.tsx'));

/** The engine has told nothing before it is there. */
function LateNotices() {
  const fetched = useLate(notices, useEngineIsThere());
  return fetched.kind === 'here' && <fetched.part.Notices />;
}

function Reading() {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <main className={styles.centre}>
      <Spinner label={t('app.starting')} labelPosition="below" />
    </main>
  );
}

function Unreadable({ problem }: { readonly problem: DeskProblem }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <main className={styles.centre}>
      <ProblemMessage problem={problem} />
      <Button appearance="primary" onClick={() => void readAll()}>
        {t('common.retry')}
      </Button>
    </main>
  );
}
