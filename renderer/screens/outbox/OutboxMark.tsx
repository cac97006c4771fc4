/** A charge's state as an icon and a word. */
import { makeStyles, Spinner, tokens } from '@fluentui/react-components';
import {
  CheckmarkCircle16Filled,
  Clock16Regular,
  ErrorCircle16Filled,
  QuestionCircle16Filled,
  SubtractCircle16Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { OutboxCharge } from '../../state/outbox.ts';

const useStyles = makeStyles({
  mark: { display: 'inline-flex', alignItems: 'center', gap: '6px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  odd: { color: tokens.colorStatusWarningForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function OutboxMark({ state }: { readonly state: OutboxCharge['state'] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <span className={styles.mark}>
      <Icon state={state} />
      {t(`outboxState.${state}`)}
    </span>
  );
}

function Icon({ state }: { readonly state: OutboxCharge['state'] }) {
  const styles = useStyles();
  const icons: Record<typeof state, React.ReactNode> = {
    queued: <Clock16Regular className={styles.quiet} />,
    sending: <Spinner size="extra-tiny" aria-hidden />,
    unknown: <QuestionCircle16Filled className={styles.odd} />,
    settled: <CheckmarkCircle16Filled className={styles.good} />,
    rejected: <ErrorCircle16Filled className={styles.bad} />,
    waived: <SubtractCircle16Regular className={styles.quiet} />,
  };
  return icons[state];
}
