/** What is sold: products, packages and membership plans, every version of them, and publishing another. */
import { useTranslation } from 'react-i18next';
import { DocumentSection } from '../parts/document/DocumentSection.tsx';
import { usePublished } from '../parts/document/usePublished.ts';
import { usePublishing } from '../parts/document/usePublishing.ts';
import { useCatalogueSpec } from './useCatalogueSpec.ts';

export function CatalogueSection() {
  const { t } = useTranslation();
  const spec = useCatalogueSpec();
  const published = usePublished('catalogueVersions');
  const publishing = usePublishing('putCatalogue', t('office.catalogue.means'));
  return (
    <DocumentSection
      name="catalogue"
      title={t('office.catalogue.title')}
      spec={spec}
      {...published}
      publishing={publishing}
    />
  );
}
