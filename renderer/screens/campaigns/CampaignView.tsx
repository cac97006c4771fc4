/** One campaign: priced and waiting for a confirmation, or under way. It only chooses between the two. */
import { useCallback, useEffect } from 'react';
import { Button, Spinner } from '@fluentui/react-components';
import { TaskListSquareLtr48Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useCommand } from '../../state/command.ts';
import { noteCampaign, useDesk } from '../../state/mirror.ts';
import { goToCampaigns } from '../../state/navigation.ts';
import { DraftView } from './DraftView.tsx';
import { BackToList } from './NewCampaign.tsx';
import { RunView } from './RunView.tsx';

export function CampaignView({ id }: { readonly id: string }) {
  const campaign = useDesk(({ campaigns }) => campaigns.find((one) => one.id === id));
  if (campaign === undefined) return <Elsewhere id={id} />;
  if (campaign.phase === 'draft' || campaign.phase === 'quoted') return <DraftView campaign={campaign} />;
  return <RunView campaign={campaign} />;
}

/** The mirror holds the newest campaigns alone: an older one is asked for, and one that is not there is said to be gone. */
function Elsewhere({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const { run, problem } = useCommand('campaign.get');
  const read = useCallback(async (): Promise<void> => {
    const reply = await run({ id });
    if (reply?.ok === true) noteCampaign(reply.output);
  }, [id, run]);
  useEffect(() => void read(), [read]);
  return (
    <Page title={t('screen.campaigns')} before={<BackToList />}>
      {problem === null && <Spinner label={t('common.loading')} />}
      {problem !== null && problem.code !== 'campaign_not_found' && (
        <RetryMessage problem={problem} onRetry={() => void read()} />
      )}
      {problem?.code === 'campaign_not_found' && (
        <EmptyState
          icon={<TaskListSquareLtr48Regular />}
          title={t('campaigns.gone')}
          action={
            <Button onClick={() => goToCampaigns({ kind: 'list' })}>{t('campaigns.backToList')}</Button>
          }
        />
      )}
    </Page>
  );
}
