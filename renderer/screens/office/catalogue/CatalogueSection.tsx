/** What is sold: products, packages and membership plans, every version of them, and publishing another. */
import { useTranslation } from 'react-i18next';
import type { Catalogue, PutCatalogueBody } from '../../../../shared/api.ts';
import { usePages } from '../../../state/pages.ts';
import { DocumentSection } from '../parts/document/DocumentSection.tsx';
import type { Content } from '../parts/document/spec.ts';
import { useVersions } from '../parts/document/useVersions.ts';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { useCatalogueSpec } from './useCatalogueSpec.ts';

const nothing = {};
const keyOf = ({ version }: Catalogue): number => version;

export function CatalogueSection() {
  const { t } = useTranslation();
  const spec = useCatalogueSpec();
  const pages = usePages('catalogueVersions', nothing, keyOf);
  const put = useAct('putCatalogue');
  const may = useMay('putCatalogue');
  const versions = useVersions(pages.rows, pages.ended);
  return (
    <DocumentSection
      name="catalogue"
      title={t('office.catalogue.title')}
      spec={spec}
      versions={versions}
      problem={pages.problem}
      onReadAgain={pages.refresh}
      publishing={{
        may,
        busy: put.busy,
        problem: put.problem,
        clear: put.clear,
        means: t('office.catalogue.means'),
        // Each item has passed its schema; what the contract makes of the whole, the engine and the server say.
        publish: (content: Content) => put.run({ body: content as unknown as CatalogueBody }),
      }}
    />
  );
}

type CatalogueBody = (typeof PutCatalogueBody)['_zod']['input'];
