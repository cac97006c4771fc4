/** A task's outcome as an icon and a word. */
import { makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircle16Filled,
  Circle16Regular,
  DismissCircle16Filled,
  QuestionCircle16Filled,
  SubtractCircle16Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { TaskPhase } from '../../../shared/ipc.ts';

const useStyles = makeStyles({
  mark: { display: 'inline-flex', alignItems: 'center', gap: '6px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  odd: { color: tokens.colorStatusWarningForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function TaskMark({ phase }: { readonly phase: z.infer<typeof TaskPhase> }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <span className={mergeClasses(styles.mark, (phase === 'queued' || phase === 'skipped') && styles.quiet)}>
      <Icon phase={phase} />
      {t(`taskPhase.${phase}`)}
    </span>
  );
}

function Icon({ phase }: { readonly phase: z.infer<typeof TaskPhase> }) {
  const styles = useStyles();
  const icons: Record<typeof phase, React.ReactNode> = {
    queued: <Circle16Regular />,
    running: <Spinner size="extra-tiny" aria-hidden />,
    succeeded: <CheckmarkCircle16Filled className={styles.good} />,
    failed: <DismissCircle16Filled className={styles.bad} />,
    unknown: <QuestionCircle16Filled className={styles.odd} />,
    skipped: <SubtractCircle16Regular />,
  };
  return icons[phase];
}
