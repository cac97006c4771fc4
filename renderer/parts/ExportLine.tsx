/** One export under way or just ended, in a line: how far it is, how it is stopped, and where its file is. */
import { Button, makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components';
import {
  ArrowDownload16Regular,
  CheckmarkCircle20Filled,
  Dismiss16Regular,
  DocumentTable20Regular,
  ErrorCircle20Filled,
  FolderOpen16Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../state/command.ts';
import { dismissExport, noteExport, type Export } from '../state/exports.ts';
import { useFormat } from './useFormat.ts';
import { problemText } from './words.ts';

const useStyles = makeStyles({
  line: {
    display: 'grid',
    gridTemplateColumns: 'auto minmax(0, 1fr) auto',
    alignItems: 'center',
    gap: '4px 12px',
  },
  words: { display: 'flex', flexDirection: 'column', minWidth: 0 },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  quiet: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  actions: { display: 'flex', alignItems: 'center', gap: '4px' },
  bar: { gridColumn: '1 / -1', marginTop: '4px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
});

export function ExportLine({ state }: { readonly state: Export }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.line}>
      <Mark phase={state.phase} />
      <span className={styles.words} role="status">
        <Text weight="semibold" className={styles.name} title={state.fileName}>
          {state.fileName}
        </Text>
        <Text size={200} className={styles.quiet}>
          <Progress state={state} />
        </Text>
      </span>
      <span className={styles.actions}>
        <Actions state={state} />
        {state.phase !== 'writing' && (
          <Button
            appearance="subtle"
            size="small"
            icon={<Dismiss16Regular />}
            aria-label={t('common.dismiss')}
            onClick={() => dismissExport(state.id)}
          />
        )}
      </span>
      {state.phase === 'writing' && (
        <ProgressBar
          className={styles.bar}
          {...(state.total > 0 ? { value: state.written, max: state.total } : {})}
          aria-label={t('export.progress')}
        />
      )}
    </div>
  );
}

function Mark({ phase }: { readonly phase: Export['phase'] }) {
  const styles = useStyles();
  if (phase === 'done') return <CheckmarkCircle20Filled className={styles.good} aria-hidden />;
  if (phase === 'failed') return <ErrorCircle20Filled className={styles.bad} aria-hidden />;
  return <DocumentTable20Regular aria-hidden />;
}

function Progress({ state }: { readonly state: Export }) {
  const { t } = useTranslation();
  const { count } = useFormat();
  const words: Record<Export['phase'], string> = {
    writing: t(state.total === 0 ? 'export.writingSome' : 'export.writing', {
      written: count(state.written),
      total: count(state.total),
    }),
    done: t('export.done', { rows: count(state.written) }),
    cancelled: t('export.cancelled'),
    failed: state.problem === null ? t('problem.export_failed') : problemText(t, state.problem),
  };
  return words[state.phase];
}

function Actions({ state }: { readonly state: Export }) {
  const { t } = useTranslation();
  const cancel = useCommand('export.cancel');
  const reveal = useCommand('export.reveal');
  const stop = async (): Promise<void> => {
    const reply = await cancel.run({ id: state.id });
    if (reply?.ok === true) noteExport(reply.output);
  };
  if (state.phase === 'writing')
    return (
      <Button size="small" disabled={cancel.busy} onClick={() => void stop()}>
        {t('export.cancel')}
      </Button>
    );
  if (state.phase !== 'done') return null;
  if (state.download === null)
    return (
      <Button
        size="small"
        appearance="primary"
        icon={<FolderOpen16Regular />}
        onClick={() => void reveal.run({ id: state.id })}
      >
        {t('export.reveal')}
      </Button>
    );
  return (
    <Button
      as="a"
      size="small"
      appearance="primary"
      icon={<ArrowDownload16Regular />}
      href={state.download}
      download={state.fileName}
    >
      {t('export.download')}
    </Button>
  );
}
