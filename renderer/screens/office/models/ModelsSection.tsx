/** Models of AI providers: what they cost from when on, which products call them, and the calls that something was wrong with. */
import { useTranslation } from 'react-i18next';
import { DocumentSection } from '../parts/document/DocumentSection.tsx';
import { usePublished } from '../parts/document/usePublished.ts';
import { usePublishing } from '../parts/document/usePublishing.ts';
import { useModelsSpec } from './useModelsSpec.ts';
import { Warnings } from './Warnings.tsx';

export function ModelsSection() {
  const { t } = useTranslation();
  const spec = useModelsSpec();
  const published = usePublished('meteringCatalogueVersions');
  const publishing = usePublishing('putMeteringCatalogue', t('office.models.means'));
  return (
    <DocumentSection
      name="models"
      title={t('office.models.title')}
      spec={spec}
      {...published}
      publishing={publishing}
    >
      <Warnings />
    </DocumentSection>
  );
}
