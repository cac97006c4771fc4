/** Saves the desk's log as one file, for whoever is asked for help. What is in it is the engine's to see to. */
import { useState } from 'react';
import { Button, Link, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { CommandOutput } from '../../../shared/ipc.ts';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { useCommand } from '../../state/command.ts';

const useStyles = makeStyles({
  line: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px 16px' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function LogBundle() {
  const { t } = useTranslation();
  const styles = useStyles();
  const bundle = useCommand('logs.bundle');
  const [saved, setSaved] = useState<CommandOutput<'logs.bundle'>>(null);

  const save = async (): Promise<void> => {
    const reply = await bundle.run({});
    if (reply?.ok === true) setSaved(reply.output);
  };

  return (
    <>
      <div className={styles.line}>
        <Button
          size="small"
          disabledFocusable={bundle.busy}
          {...(bundle.busy ? { icon: <Spinner size="extra-tiny" aria-hidden /> } : {})}
          onClick={() => void save()}
        >
          {t('settings.logs')}
        </Button>
        <Text size={200} className={styles.quiet}>
          {t('settings.logsHint')}
        </Text>
      </div>
      {saved !== null && (
        <Text role="status">
          {t('settings.logsSaved', { file: saved.fileName })}{' '}
          {saved.download !== null && (
            <Link href={saved.download} download={saved.fileName}>
              {t('export.download')}
            </Link>
          )}
        </Text>
      )}
      {bundle.problem !== null && <ProblemMessage problem={bundle.problem} onDismiss={bundle.clear} />}
    </>
  );
}
