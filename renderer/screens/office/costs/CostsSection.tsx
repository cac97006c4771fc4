/** What third parties take: their prices from when on, what an unspent unit counts at, and the bills that were booked. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useAnswer } from '../../../state/ask.ts';
import { DocumentSection } from '../parts/document/DocumentSection.tsx';
import { usePublishing } from '../parts/document/usePublishing.ts';
import { useCostsSpec } from './useCostsSpec.ts';

export function CostsSection() {
  const { t } = useTranslation();
  const spec = useCostsSpec();
  const { body, problem, readAgain } = useAnswer('costs', {});
  const publishing = usePublishing('putCosts', t('office.costs.means'));
  const versions = useMemo(() => {
    if (body === null) return null;
    const { version, publishedAt, ...content } = body;
    return publishedAt === undefined ? [] : [{ version, at: publishedAt, content }];
  }, [body]);
  return (
    <DocumentSection
      name="costs"
      title={t('office.costs.title')}
      spec={spec}
      versions={versions}
      problem={problem}
      onReadAgain={readAgain}
      publishing={publishing}
    />
  );
}
