/** What became of an order: paid, with the balance that has it, or closed. */
import { makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import { CheckmarkCircle48Filled, DismissCircle48Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { RechargeView } from '../../../shared/ipc-desk.ts';
import { money } from '../../format.ts';
import { useDesk } from '../../state/mirror.ts';

const useStyles = makeStyles({
  end: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: tokens.spacingVerticalS,
    textAlign: 'center',
    // As tall as the code it takes the place of.
    minHeight: '202px',
    justifyContent: 'center',
  },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorNeutralForeground3 },
  amount: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
  },
  balance: { fontVariantNumeric: 'tabular-nums', minHeight: '20px' },
});

export function OrderEnd({ order }: { readonly order: RechargeView }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const balance = useDesk((desk) => desk.balance?.balance ?? null);
  if (order.state === 'closed')
    return (
      <div className={styles.end} role="status">
        <DismissCircle48Regular className={styles.bad} aria-hidden />
        <Text>{t('recharge.closed', { amount: money(order.amount) })}</Text>
      </div>
    );
  if (order.state === 'refunded')
    return (
      <div className={styles.end} role="status">
        <DismissCircle48Regular className={styles.bad} aria-hidden />
        <Text>{t('recharge.refunded', { amount: money(order.amount) })}</Text>
      </div>
    );
  return (
    <div className={styles.end} role="status">
      <CheckmarkCircle48Filled className={styles.good} aria-hidden />
      <span className={styles.amount}>{money(order.amount, 'always')}</span>
      <Text>{t(order.late ? 'recharge.paidLate' : 'recharge.paid')}</Text>
      <span className={styles.balance}>
        {order.arrived && balance !== null ? (
          t('recharge.newBalance', { balance: money(balance) })
        ) : (
          <Spinner size="tiny" label={t('recharge.arriving')} />
        )}
      </span>
    </div>
  );
}
