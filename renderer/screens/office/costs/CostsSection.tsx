/** What third parties take: their prices from when on, what an unspent unit counts at, and the bills that were booked. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PutCostsBody } from '../../../../shared/api-finance.ts';
import { useAnswer } from '../../../state/ask.ts';
import { DocumentSection } from '../parts/document/DocumentSection.tsx';
import type { Content } from '../parts/document/spec.ts';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { useCostsSpec } from './useCostsSpec.ts';

export function CostsSection() {
  const { t } = useTranslation();
  const spec = useCostsSpec();
  const { body, problem, readAgain } = useAnswer('costs', {});
  const put = useAct('putCosts');
  const may = useMay('putCosts');
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
      publishing={{
        may,
        busy: put.busy,
        problem: put.problem,
        clear: put.clear,
        means: t('office.costs.means'),
        // Each item has passed its schema; what the contract makes of the whole, the engine and the server say.
        publish: (content: Content) => put.run({ body: content as unknown as CostsBody }),
      }}
    />
  );
}

type CostsBody = (typeof PutCostsBody)['_zod']['input'];
