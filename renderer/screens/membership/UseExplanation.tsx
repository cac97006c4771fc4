/** How the price of a use comes about, step by step, as the server worked it out; it adds nothing up itself. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { UsageQuote, UsageStep } from '../../../shared/api.ts';
import { cny } from '../../../shared/assets.ts';
import { unitPrice, type Format } from '../../format.ts';
import { useFormat } from '../../parts/useFormat.ts';

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
});

function stepText(t: TFunction, format: Format, step: UsageStep, price: (text: string) => string): string {
  const { kind, quantity = 0, per = 1, durationMs = 0, unitMs = 0 } = step;
  return t(`usage.step.${kind}`, {
    quantity: format.count(quantity),
    per: format.count(per),
    price: price(step.price ?? '0'),
    duration: format.lasted(durationMs),
    unit: format.lasted(unitMs),
  });
}

export function UseExplanation({ quote }: { readonly quote: UsageQuote }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const price = (text: string): string => (quote.asset === cny ? unitPrice(text) : format.units(text));
  return (
    <ul className={styles.list} aria-label={t('quote.explanation')}>
      {quote.steps.map((step) => (
        <li key={step.kind} className={mergeClasses(styles.row, !step.applied && styles.idle)}>
          <span>{stepText(t, format, step, price)}</span>
          <span className={styles.amount}>{step.applied ? price(step.amount) : t('quote.notApplied')}</span>
        </li>
      ))}
      <li className={mergeClasses(styles.row, styles.total)}>
        <span>{t('usage.total')}</span>
        <span className={styles.amount}>{price(quote.total)}</span>
      </li>
    </ul>
  );
}
