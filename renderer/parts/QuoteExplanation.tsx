/** How a price comes about: the plain sum, each discount considered and why it counts or not, and the total. */
import { makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { TFunction } from 'i18next';
import type { Quote, QuoteStep } from '../../shared/api-prices.ts';
import { money, unitPrice, type Format } from '../format.ts';
import { PriceSteps } from './PriceSteps.tsx';
import { useFormat } from './useFormat.ts';

const useStyles = makeStyles({
  why: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, marginLeft: '6px' },
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
  const { unitPrice: price, quantity } = quote;
  const steps = quote.steps.map((step) => ({
    key: `${step.kind} ${step.fromQuantityExclusive}`,
    name: (
      <>
        {stepName(t, format, step)}
        <span className={styles.why}>{stepReason(t, format, step)}</span>
      </>
    ),
    amount: step.applied ? money(step.amount) : null,
  }));
  const plain = t('quote.subtotal', { price: unitPrice(price), quantity: format.count(quantity) });
  return (
    <PriceSteps
      large
      steps={[{ key: 'plain', name: plain, amount: money(quote.subtotal) }, ...steps]}
      total={{ name: total ?? t('quote.total'), amount: money(quote.total) }}
    />
  );
}
