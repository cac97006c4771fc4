/** How a price comes about: the plain sum, each discount considered and why it counts or not, and the total. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { TFunction } from 'i18next';
import type { Quote, QuoteStep } from '../../shared/api.ts';
import { money, unitPrice, type Format } from '../format.ts';
import { useFormat } from './useFormat.ts';

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
  why: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, marginLeft: '6px' },
  amount: { whiteSpace: 'nowrap' },
  total: {
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    marginTop: '4px',
    paddingTop: '8px',
    fontWeight: tokens.fontWeightSemibold,
  },
  sum: { fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
});

/** A discount's name with its size: 批量优惠 9.5 折. */
export function stepName(t: TFunction, format: Format, step: QuoteStep): string {
  return t(`quote.step.${step.kind}`, { discount: format.discount(step.multiplier) });
}

function stepReason(t: TFunction, format: Format, step: QuoteStep): string {
  return t(`quote.reason.${step.reason}`, {
    quantity: format.count(step.fromQuantityExclusive ?? 0),
  });
}

interface Props {
  readonly quote: Quote;
  /** What the total is called; the expected cost where nothing is said. */
  readonly total?: string;
}

export function QuoteExplanation({ quote, total }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const styles = useStyles();
  return (
    <ul className={styles.list} aria-label={t('quote.explanation')}>
      <li className={styles.row}>
        <span>
          {t('quote.subtotal', { price: unitPrice(quote.unitPrice), quantity: format.count(quote.quantity) })}
        </span>
        <span className={styles.amount}>{money(quote.subtotal)}</span>
      </li>
      {quote.steps.map((step) => (
        <li
          key={`${step.kind} ${step.fromQuantityExclusive}`}
          className={mergeClasses(styles.row, !step.applied && styles.idle)}
        >
          <span>
            {stepName(t, format, step)}
            <span className={styles.why}>{stepReason(t, format, step)}</span>
          </span>
          <span className={styles.amount}>{step.applied ? money(step.amount) : t('quote.notApplied')}</span>
        </li>
      ))}
      <li className={mergeClasses(styles.row, styles.total)}>
        <span>{total ?? t('quote.total')}</span>
        <span className={mergeClasses(styles.amount, styles.sum)}>{money(quote.total)}</span>
      </li>
    </ul>
  );
}
