/** Whether the money suffices, and by how much it does or does not. */
import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { CheckmarkCircle20Filled, DismissCircle20Filled } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { BalanceCheck } from '../../shared/ipc-campaigns.ts';
import { money } from '../format.ts';
import { startRecharge } from '../state/recharge.ts';

const useStyles = makeStyles({
  line: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minHeight: '36px',
    padding: '2px 6px 2px 10px',
    borderRadius: tokens.borderRadiusMedium,
    fontVariantNumeric: 'tabular-nums',
  },
  good: {
    backgroundColor: tokens.colorStatusSuccessBackground1,
    color: tokens.colorStatusSuccessForeground1,
  },
  bad: {
    backgroundColor: tokens.colorStatusDangerBackground1,
    color: tokens.colorStatusDangerForeground1,
  },
  icon: { flexShrink: 0 },
  button: { marginLeft: 'auto' },
});

interface Props {
  readonly check: BalanceCheck;
  /** Called before recharge opens: a dialog that asks this must be gone by then. */
  readonly onRecharge?: () => void;
}

export function BalanceCheckLine({ check, onRecharge }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  if (check.sufficient)
    return (
      <div className={mergeClasses(styles.line, styles.good)} role="status">
        <CheckmarkCircle20Filled className={styles.icon} aria-hidden />
        <span>{t('quote.sufficient', { remaining: money(check.remaining ?? '0.00') })}</span>
      </div>
    );
  return (
    <div className={mergeClasses(styles.line, styles.bad)} role="status">
      <DismissCircle20Filled className={styles.icon} aria-hidden />
      <span>{t('quote.insufficient', { shortfall: money(check.shortfall ?? '0.00') })}</span>
      <Button
        size="small"
        className={styles.button}
        onClick={() => {
          onRecharge?.();
          startRecharge(check.shortfall);
        }}
      >
        {t('recharge.go')}
      </Button>
    </div>
  );
}
