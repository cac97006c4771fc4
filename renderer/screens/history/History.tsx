/** The history: every transaction that the filter matches, their totals, the check of the bill, and a row's detail. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { Button, makeStyles } from '@fluentui/react-components';
import { ArrowDownload16Regular, Receipt24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Transaction } from '../../../shared/api.ts';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { VirtualTable } from '../../parts/VirtualTable.tsx';
import {
  followHistory,
  historyRows,
  jumpBack,
  refreshHistory,
  showHistory,
  useHistory,
} from '../../state/history.ts';
import { openExport } from '../../state/navigation.ts';
import { BillCheckButton } from './BillCheckButton.tsx';
import { HistoryFilters } from './HistoryFilters.tsx';
import { HistoryTotalsLine } from './HistoryTotalsLine.tsx';
import { JumpToDay } from './JumpToDay.tsx';
import { TransactionDrawer } from './TransactionDrawer.tsx';
import { ViewsMenu } from './ViewsMenu.tsx';
import { useHistoryColumns } from './useHistoryColumns.tsx';

const useStyles = makeStyles({
  area: {
    display: 'flex',
    flexDirection: 'column',
    gap: '10px',
    flex: '1 1 0',
    minHeight: 0,
    position: 'relative',
  },
  line: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '4px 16px', flexShrink: 0 },
  fresh: { position: 'absolute', top: '6px', left: '50%', transform: 'translateX(-50%)', zIndex: 3 },
  table: { display: 'flex', flexDirection: 'column', flex: '1 1 0', minHeight: 0, position: 'relative' },
});

export function History() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const filter = useHistory((state) => state.filter);
  const stale = useHistory((state) => state.stale);
  const { rows, ended, loading, problem } = useStore(historyRows.store);
  const count = useHistory((state) => state.totals?.count ?? null);
  const [open, setOpen] = useState<Transaction | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const columns = useHistoryColumns();
  const filtered = Object.keys(filter).length > 0;

  useEffect(() => {
    void refreshHistory();
    return followHistory(() => (scroller.current?.scrollTop ?? 0) < 8);
  }, []);
  const more = useCallback(() => void historyRows.more(), []);

  return (
    <Page
      title={t('screen.history')}
      fill
      actions={
        <>
          <ViewsMenu />
          <BillCheckButton />
          <Button icon={<ArrowDownload16Regular />} onClick={() => openExport(filter)}>
            {t('export.action')}
          </Button>
        </>
      }
    >
      <div className={styles.area}>
        <HistoryFilters />
        <div className={styles.line}>
          <HistoryTotalsLine />
          <JumpToDay />
        </div>
        {problem !== null && <RetryMessage problem={problem} onRetry={() => void historyRows.retry()} />}
        <div className={styles.table}>
          {stale && (
            <Button
              size="small"
              shape="circular"
              appearance="primary"
              className={styles.fresh}
              onClick={() => {
                scroller.current?.scrollTo({ top: 0 });
                void jumpBack();
              }}
            >
              {t('history.newRows')}
            </Button>
          )}
          <VirtualTable
            label={t('screen.history')}
            columns={columns}
            rows={rows}
            keyOf={(row) => row.seq}
            loading={loading}
            ended={ended}
            total={count}
            onMore={more}
            scrollRef={scroller}
            openLabel={(row) =>
              t('history.openRow', { kind: t(`kind.${row.kind}`), time: format.dateTime(row.occurredAt) })
            }
            onOpen={setOpen}
            empty={
              <EmptyState
                icon={<Receipt24Regular />}
                title={filtered ? t('history.noMatch') : t('recent.none')}
                text={filtered ? t('history.noMatchText') : t('recent.noneText')}
                action={
                  filtered && <Button onClick={() => void showHistory({})}>{t('history.clear')}</Button>
                }
              />
            }
          />
        </div>
      </div>
      <TransactionDrawer transaction={open} onClose={() => setOpen(null)} />
    </Page>
  );
}
