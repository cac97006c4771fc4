/** How the price of a use comes about, step by step, as the server worked it out; it adds nothing up itself. */
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { UsageQuote, UsageStep } from '../../../shared/api-prices.ts';
import { cny } from '../../../shared/assets.ts';
import { unitPrice, type Format } from '../../format.ts';
import { PriceSteps } from '../../parts/PriceSteps.tsx';
import { useFormat } from '../../parts/useFormat.ts';

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
  const format = useFormat();
  const price = (text: string): string => (quote.asset === cny ? unitPrice(text) : format.units(text));
  return (
    <PriceSteps
      steps={quote.steps.map((step) => ({
        key: step.kind,
        name: stepText(t, format, step, price),
        amount: step.applied ? price(step.amount) : null,
      }))}
      total={{ name: t('usage.total'), amount: price(quote.total) }}
    />
  );
}
