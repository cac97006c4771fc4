/** Models of AI providers: what they cost from when on, which products call them, and the calls that something was wrong with. */
import { useTranslation } from 'react-i18next';
import type { MeteringCatalogue, PutMeteringCatalogueBody } from '../../../../shared/api.ts';
import { usePages } from '../../../state/pages.ts';
import { DocumentSection } from '../parts/document/DocumentSection.tsx';
import { useVersions } from '../parts/document/useVersions.ts';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { useModelsSpec } from './useModelsSpec.ts';
import { Warnings } from './Warnings.tsx';

const nothing = {};
const keyOf = ({ version }: MeteringCatalogue): number => version;

export function ModelsSection() {
  const { t } = useTranslation();
  const spec = useModelsSpec();
  const pages = usePages('meteringCatalogueVersions', nothing, keyOf);
  const put = useAct('putMeteringCatalogue');
  const may = useMay('putMeteringCatalogue');
  const versions = useVersions(pages.rows, pages.ended);
  return (
    <DocumentSection
      name="models"
      title={t('office.models.title')}
      spec={spec}
      versions={versions}
      problem={pages.problem}
      onReadAgain={pages.refresh}
      publishing={{
        may,
        busy: put.busy,
        problem: put.problem,
        clear: put.clear,
        means: t('office.models.means'),
        // Each item has passed its schema; what the contract makes of the whole, the engine and the server say.
        publish: (content) => put.run({ body: content as unknown as MeteringBody }),
      }}
    >
      <Warnings />
    </DocumentSection>
  );
}

type MeteringBody = (typeof PutMeteringCatalogueBody)['_zod']['input'];
