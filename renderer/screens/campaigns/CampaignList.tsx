/** All campaigns, newest first: where each stands, what it has cost of what was quoted, and why it waits. */
import { Button, makeStyles, ProgressBar, tokens } from '@fluentui/react-components';
import { Add16Regular, TaskListSquareLtr48Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Page } from '../../parts/Page.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import { VirtualTable, type Column } from '../../parts/VirtualTable.tsx';
import type { Campaign } from '../../../shared/ipc-campaigns.ts';
import { money } from '../../format.ts';
import { useDesk } from '../../state/mirror.ts';
import { goToCampaigns } from '../../state/navigation.ts';
import { finishedCount } from './progress.ts';
import { PhaseBadge } from './PhaseBadge.tsx';

const useStyles = makeStyles({
  name: { fontWeight: tokens.fontWeightSemibold },
  phase: { display: 'flex', alignItems: 'center', gap: '8px', minWidth: 0 },
  reason: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  progress: { display: 'flex', alignItems: 'center', gap: '10px' },
  bar: { flex: '1 1 0', minWidth: '12px' },
  done: { minWidth: '76px', textAlign: 'right', flexShrink: 0 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function CampaignList() {
  const { t } = useTranslation();
  const campaigns = useDesk((desk) => desk.campaigns);
  const columns = useColumns();
  const add = (
    <Button appearance="primary" icon={<Add16Regular />} onClick={() => goToCampaigns({ kind: 'new' })}>
      {t('campaigns.new')}
    </Button>
  );
  return (
    <Page title={t('screen.campaigns')} actions={add} fill>
      <VirtualTable
        label={t('screen.campaigns')}
        columns={columns}
        rows={campaigns}
        keyOf={(campaign) => campaign.id}
        loading={false}
        ended
        openLabel={(campaign) => t('campaigns.open', { name: campaign.name })}
        onOpen={(campaign) => goToCampaigns({ kind: 'one', id: campaign.id })}
        empty={
          <EmptyState
            icon={<TaskListSquareLtr48Regular />}
            title={t('campaigns.none')}
            text={t('campaigns.noneText')}
          />
        }
      />
    </Page>
  );
}

function useColumns(): readonly Column<Campaign>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const styles = useStyles();
  return [
    {
      key: 'name',
      header: t('column.name'),
      width: 'minmax(110px, 1.5fr)',
      cell: (campaign) => (
        <span className={styles.name} title={campaign.name}>
          {campaign.name}
        </span>
      ),
    },
    {
      key: 'platform',
      fromTablePx: 640,
      header: t('column.platform'),
      width: '84px',
      cell: (campaign) => platformName(t, campaign.platform),
    },
    {
      key: 'phase',
      header: t('column.state'),
      width: 'minmax(100px, 1.1fr)',
      cell: (campaign) => (
        <span className={styles.phase}>
          <PhaseBadge phase={campaign.phase} />
          {campaign.pauseReason !== null && (
            <span className={styles.reason}>{t(`pause.${campaign.pauseReason}`)}</span>
          )}
        </span>
      ),
    },
    {
      key: 'progress',
      header: t('column.progress'),
      width: 'minmax(144px, 1fr)',
      cell: (campaign) => (
        <span className={styles.progress}>
          <ProgressBar
            className={styles.bar}
            value={finishedCount(campaign)}
            max={Math.max(campaign.counts.total, 1)}
            thickness="large"
            aria-label={t('campaigns.progressOf', { name: campaign.name })}
          />
          <span className={styles.done}>
            {format.count(finishedCount(campaign))} / {format.count(campaign.counts.total)}
          </span>
        </span>
      ),
    },
    {
      key: 'spent',
      header: t('column.spent'),
      width: '80px',
      end: true,
      amountOf: ({ spent }) => spent,
      cell: ({ spent }) => money(spent),
    },
    {
      key: 'quoted',
      fromTablePx: 560,
      header: t('column.quoted'),
      width: '80px',
      end: true,
      amountOf: ({ quote }) => quote?.total,
      cell: ({ quote }) => <span className={styles.quiet}>{quote === null ? '—' : money(quote.total)}</span>,
    },
    {
      key: 'created',
      fromTablePx: 900,
      header: t('column.created'),
      width: '146px',
      end: true,
      cell: (campaign) => <span className={styles.quiet}>{format.dateTime(campaign.createdAt)}</span>,
    },
  ];
}
