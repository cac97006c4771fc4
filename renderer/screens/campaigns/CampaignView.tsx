/** One campaign: priced and waiting for a confirmation, or under way. It only chooses between the two. */
import { Button } from '@fluentui/react-components';
import { TaskListSquareLtr48Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Page } from '../../parts/Page.tsx';
import { useDesk } from '../../state/mirror.ts';
import { goToCampaigns } from '../../state/navigation.ts';
import { DraftView } from './DraftView.tsx';
import { BackToList } from './NewCampaign.tsx';
import { RunView } from './RunView.tsx';

export function CampaignView({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const campaign = useDesk(({ campaigns }) => campaigns.find((one) => one.id === id));
  if (campaign === undefined)
    return (
      <Page title={t('screen.campaigns')} before={<BackToList />}>
        <EmptyState
          icon={<TaskListSquareLtr48Regular />}
          title={t('campaigns.gone')}
          action={
            <Button onClick={() => goToCampaigns({ kind: 'list' })}>{t('campaigns.backToList')}</Button>
          }
        />
      </Page>
    );
  if (campaign.phase === 'draft' || campaign.phase === 'quoted') return <DraftView campaign={campaign} />;
  return <RunView campaign={campaign} />;
}
