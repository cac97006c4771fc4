/** A campaign's tasks in their order, by outcome where wanted; the rows on screen follow the run. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { makeStyles, Tab, TabList, tokens } from '@fluentui/react-components';
import { TaskListLtr24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { z } from 'zod';
import type { Campaign, Task, TaskPhase } from '../../../shared/ipc-campaigns.ts';
import { invoke } from '../../bridge.ts';
import { Amount } from '../../parts/Amount.tsx';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { VirtualTable, type Column } from '../../parts/VirtualTable.tsx';
import { createKeysetList, type KeysetList } from '../../state/keyset-list.ts';
import { onCampaignNews } from '../../state/mirror.ts';
import { TaskMark } from './TaskMark.tsx';

type TaskRow = z.infer<typeof Task>;
type Phase = z.infer<typeof TaskPhase>;
const filters: readonly Phase[] = ['succeeded', 'failed', 'unknown', 'queued', 'skipped'];

const useStyles = makeStyles({
  area: {
    display: 'flex',
    flexDirection: 'column',
    flex: '1 1 0',
    minHeight: '168px',
    gap: tokens.spacingVerticalXS,
  },
  tabs: { flexShrink: 0, marginLeft: '-8px' },
  target: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

function taskList(id: string, phase: Phase | null): KeysetList<TaskRow> {
  return createKeysetList<TaskRow>({
    keyOf: (task) => task.id,
    read: async (after, limit) => {
      const reply = await invoke('campaign.tasks', {
        id,
        ...(phase === null ? {} : { phase }),
        afterPosition: after?.position ?? 0,
        limit,
      });
      if (!reply.ok) return reply;
      const { items, total } = reply.output;
      return { ok: true, items, ended: items.length < limit, total };
    },
  });
}

export function TaskTable({ campaign, label }: { readonly campaign: Campaign; readonly label: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const [phase, setPhase] = useState<Phase | null>(null);
  const { id, counts } = campaign;
  const list = useMemo(() => taskList(id, phase), [id, phase]);
  const { rows, ended, loading, total, problem } = useStore(list.store);
  const visible = useRef<readonly [number, number]>([0, 0]);
  const columns = useColumns();

  useEffect(() => void list.reset(), [list]);
  // Any news of the campaign is news of some task: the rows on screen are read again.
  useEffect(
    () => onCampaignNews(id, () => void list.reread(visible.current[0], visible.current[1])),
    [id, list],
  );

  const noteVisible = useCallback((first: number, last: number) => {
    visible.current = [first, last];
  }, []);
  const more = useCallback(() => void list.more(), [list]);

  return (
    <div className={styles.area}>
      <TabList
        size="small"
        className={styles.tabs}
        selectedValue={phase ?? 'all'}
        onTabSelect={(_, data) => setPhase(filters.find((one) => one === data.value) ?? null)}
      >
        <Tab value="all">{t('tasks.all', { tasks: format.count(counts.total) })}</Tab>
        {filters
          .filter((one) => counts[one] > 0 || one === phase || one === 'succeeded' || one === 'failed')
          .map((one) => (
            <Tab key={one} value={one}>
              {t('tasks.ofPhase', { phase: t(`taskPhase.${one}`), tasks: format.count(counts[one]) })}
            </Tab>
          ))}
      </TabList>
      {problem !== null && <RetryMessage problem={problem} onRetry={() => void list.retry()} />}
      <VirtualTable
        key={phase ?? 'all'}
        label={label}
        columns={columns}
        rows={rows}
        keyOf={(task) => task.id}
        loading={loading}
        ended={ended}
        total={total}
        onMore={more}
        onVisible={noteVisible}
        empty={<EmptyState icon={<TaskListLtr24Regular />} title={t('tasks.none')} />}
      />
    </div>
  );
}

function useColumns(): readonly Column<TaskRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const styles = useStyles();
  return [
    {
      key: 'position',
      header: t('column.number'),
      width: '52px',
      cell: (task) => task.position,
    },
    {
      key: 'target',
      header: t('column.target'),
      width: 'minmax(120px, 1.4fr)',
      cell: (task) => (
        <span className={styles.target} title={task.targetUserId}>
          {task.targetUserId}
        </span>
      ),
    },
    {
      key: 'phase',
      header: t('column.state'),
      width: '108px',
      cell: (task) => <TaskMark phase={task.phase} />,
    },
    {
      key: 'reason',
      header: t('column.reason'),
      width: 'minmax(80px, 1fr)',
      cell: (task) => (
        <span className={styles.quiet} title={task.reason ?? undefined}>
          {task.reason === null ? '' : t(`executorReason.${task.reason}`, { defaultValue: task.reason })}
        </span>
      ),
    },
    {
      key: 'charge',
      fromTablePx: 760,
      header: t('column.charge'),
      width: '92px',
      cell: (task) => (task.charge === null ? '' : t(`outboxState.${task.charge}`)),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      width: '84px',
      end: true,
      amountOf: (task) => task.amount ?? undefined,
      cell: (task) => (task.amount === null ? '' : <Amount value={task.amount} />),
    },
    {
      key: 'finished',
      fromTablePx: 620,
      header: t('column.finished'),
      width: '80px',
      end: true,
      cell: (task) => (task.finishedAt === null ? '' : format.time(task.finishedAt)),
    },
  ];
}
