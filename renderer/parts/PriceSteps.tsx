/** How an amount comes about, line by line down to the total. What counted for nothing stands back. It adds nothing up. */
import type { ReactNode } from 'react';
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyle: 'none', display: 'flex', flexDirection: 'column' },
  row: {
    display: 'flex',
    alignItems: 'baseline',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalM,
    padding: '5px 0',
    fontVariantNumeric: 'tabular-nums',
  },
  idle: { color: tokens.colorNeutralForeground3 },
  amount: { whiteSpace: 'nowrap' },
  total: {
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    marginTop: '4px',
    paddingTop: '8px',
    fontWeight: tokens.fontWeightSemibold,
  },
  large: { fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
});

export interface PriceStep {
  readonly key: string;
  readonly name: ReactNode;
  /** Null: it was considered and not applied. */
  readonly amount: string | null;
}

interface Props {
  readonly steps: readonly PriceStep[];
  readonly total: { readonly name: string; readonly amount: string };
  /** The total is what somebody came to see. */
  readonly large?: boolean;
}

export function PriceSteps({ steps, total, large = false }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <ul className={styles.list} aria-label={t('quote.explanation')}>
      {steps.map(({ key, name, amount }) => (
        <li key={key} className={mergeClasses(styles.row, amount === null && styles.idle)}>
          <span>{name}</span>
          <span className={styles.amount}>{amount ?? t('quote.notApplied')}</span>
        </li>
      ))}
      <li className={mergeClasses(styles.row, styles.total)}>
        <span>{total.name}</span>
        <span className={mergeClasses(styles.amount, large && styles.large)}>{total.amount}</span>
      </li>
    </ul>
  );
}
