/**
 * The price book: prices of follows and by use, discounts, every version, and publishing another from now or from a time
 * on. A book takes force as a whole, when the last of its prices does.
 */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PriceBook } from '../../../../shared/api-prices.ts';
import { useFormat, useNow } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';
import { useDesk } from '../../../state/mirror.ts';
import { DocumentSection, type Version } from '../parts/document/DocumentSection.tsx';
import { usePublishing } from '../parts/document/usePublishing.ts';
import { PricesFrom } from './PricesFrom.tsx';
import { usePricesSpec } from './usePricesSpec.ts';

/** From when a book counts as a whole. */
function effectiveAt({ updatedAt, prices, usagePrices = [] }: PriceBook): string {
  let last = updatedAt;
  for (const price of [...prices, ...usagePrices]) if (price.effectiveAt > last) last = price.effectiveAt;
  return last;
}

export function PricesSection() {
  const { t } = useTranslation();
  const format = useFormat();
  const nowMs = useNow();
  const spec = usePricesSpec();
  // Asked again when other prices take force, too.
  const { body, problem, readAgain } = useAnswer('pricingVersions', {}, 'pricing');
  const inForce = useDesk(({ pricing }) => pricing?.book.version);
  const publishing = usePublishing('putPricing', t('office.prices.means'));
  const versions = useMemo(
    () =>
      body?.items.map((book): Version => {
        const { version, updatedAt, stacking, prices, memberDiscounts, usagePrices = [] } = book;
        const from = effectiveAt(book);
        const isComing = Date.parse(from) > nowMs;
        return {
          version,
          at: updatedAt,
          content: { stacking, prices, usagePrices, memberDiscounts },
          note: isComing
            ? t('office.prices.from', { time: format.dateTime(from) })
            : version === inForce
              ? t('office.prices.inForce')
              : undefined,
        };
      }) ?? null,
    [body, nowMs, inForce, format, t],
  );
  return (
    <DocumentSection
      name="prices"
      title={t('office.prices.title')}
      spec={spec}
      versions={versions}
      problem={problem}
      onReadAgain={readAgain}
      publishing={{ ...publishing, Ask: PricesFrom }}
    />
  );
}
