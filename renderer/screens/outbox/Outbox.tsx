/** The outbox: every charge of this desk, how far it has come, and what a person may do about one that is stuck. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { Button, makeStyles, Spinner, Tab, TabList, Text, tokens } from '@fluentui/react-components';
import { ArrowSync16Regular, MailInboxCheckmark24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { onNews } from '../../bridge.ts';
import { money } from '../../format.ts';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage, ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat, useNow } from '../../parts/useFormat.ts';
import { VirtualTable } from '../../parts/VirtualTable.tsx';
import { useCommand } from '../../state/command.ts';
import { useDesk } from '../../state/mirror.ts';
import {
  outboxRows,
  outboxViews,
  openOutbox,
  showOutbox,
  useOutboxView,
  type OutboxCharge,
} from '../../state/outbox.ts';
import { ChargeDialog } from './ChargeDialog.tsx';
import { DriftCard } from './DriftCard.tsx';
import { NumbersCard } from './NumbersCard.tsx';
import { ResolveDialog } from './ResolveDialog.tsx';
import { useOutboxColumns } from './useOutboxColumns.tsx';
import { WaiveDialog } from './WaiveDialog.tsx';

const useStyles = makeStyles({
  tabs: { flexShrink: 0, marginLeft: '-10px' },
  area: { display: 'flex', flexDirection: 'column', gap: '8px', flex: '1 1 0', minHeight: 0 },
  standing: { color: tokens.colorNeutralForeground2, fontVariantNumeric: 'tabular-nums' },
});

export function Outbox() {
  const { t } = useTranslation();
  const styles = useStyles();
  const view = useOutboxView();
  const sync = useDesk((desk) => desk.sync);
  const { rows, ended, loading, total, problem } = useStore(outboxRows.store);
  const [opened, setOpened] = useState<OutboxCharge | null>(null);
  const [resolving, setResolving] = useState<OutboxCharge | null>(null);
  const [waiving, setWaiving] = useState<OutboxCharge | null>(null);
  const visible = useRef<readonly [number, number]>([0, 0]);
  const reread = useCallback(() => void outboxRows.reread(visible.current[0], visible.current[1]), []);
  const retry = useCommand('outbox.retry');

  useEffect(() => void openOutbox(), []);
  useEffect(() => onNews('outbox', reread), [reread]);
  const more = useCallback(() => void outboxRows.more(), []);
  const noteVisible = useCallback((first: number, last: number) => {
    visible.current = [first, last];
  }, []);

  const columns = useOutboxColumns({
    busy: retry.busy,
    onRetry: (item) => void retry.run({ id: item.id }).then(reread),
    onOpen: setOpened,
    onResolve: setResolving,
  });

  return (
    <Page title={t('screen.outbox')} fill actions={<Actions onChanged={reread} />}>
      <Standing />
      {sync.drift !== null && <DriftCard drift={sync.drift} />}
      {sync.numbers !== null && <NumbersCard numbers={sync.numbers} />}
      {sync.lastProblem !== null && <ProblemMessage problem={sync.lastProblem} intent="warning" />}
      {retry.problem !== null && <ProblemMessage problem={retry.problem} onDismiss={retry.clear} />}
      <div className={styles.area}>
        <TabList
          size="small"
          className={styles.tabs}
          selectedValue={view}
          onTabSelect={(_, data) => {
            const chosen = outboxViews.find((one) => one === data.value);
            if (chosen !== undefined) void showOutbox(chosen);
          }}
        >
          {outboxViews.map((one) => (
            <Tab key={one} value={one}>
              {t(`outbox.view.${one}`)}
            </Tab>
          ))}
        </TabList>
        {problem !== null && <RetryMessage problem={problem} onRetry={() => void outboxRows.retry()} />}
        <VirtualTable
          key={view}
          label={t('screen.outbox')}
          columns={columns}
          rows={rows}
          keyOf={(item) => item.id}
          loading={loading}
          ended={ended}
          total={total}
          onMore={more}
          onVisible={noteVisible}
          empty={
            <EmptyState
              icon={<MailInboxCheckmark24Regular />}
              title={t(`outbox.none.${view}`)}
              text={t('outbox.noneText')}
            />
          }
        />
      </div>
      {opened !== null && <ChargeDialog item={opened} onClose={() => setOpened(null)} />}
      {resolving !== null && resolving.conflict !== null && (
        <ResolveDialog
          item={resolving}
          conflict={resolving.conflict}
          onDone={reread}
          onWaive={() => {
            setWaiving(resolving);
            setResolving(null);
          }}
          onClose={() => setResolving(null)}
        />
      )}
      {waiving !== null && <WaiveDialog item={waiving} onDone={reread} onClose={() => setWaiving(null)} />}
    </Page>
  );
}

/** How desk and server stand, in a sentence. */
function Standing() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const nowMs = useNow();
  const sync = useDesk((desk) => desk.sync);
  const connection =
    sync.online === null ? t('sync.unknown') : sync.online ? t('outbox.online') : t('outbox.offline');
  const freshness =
    sync.lastSyncedAt === null
      ? t('sync.never')
      : t('outbox.synced', {
          time: format.dateTime(sync.lastSyncedAt),
          ago: format.ago(sync.lastSyncedAt, nowMs),
        });
  const waiting =
    sync.pendingCount === 0
      ? t('outbox.nothingWaits')
      : t('sync.pending', { pending: format.count(sync.pendingCount), amount: money(sync.pendingAmount) });
  const reserve =
    sync.reserve === null
      ? t('outbox.noReserve')
      : t('outbox.reserve', {
          remaining: money(sync.reserve.remaining),
          amount: money(sync.reserve.amount),
        });
  return <Text className={styles.standing}>{[connection, freshness, waiting, reserve].join(' · ')}</Text>;
}

function Actions({ onChanged }: { readonly onChanged: () => void }) {
  const { t } = useTranslation();
  const running = useDesk(({ sync }) => sync.running);
  const waiting = useDesk(({ sync }) => sync.pendingCount + sync.attentionCount);
  const now = useCommand('sync.now');
  const retryAll = useCommand('outbox.retryAll');
  const busy = running || now.busy;
  return (
    <>
      <Button disabled={waiting === 0 || retryAll.busy} onClick={() => void retryAll.run({}).then(onChanged)}>
        {t('outbox.retryAll')}
      </Button>
      <Button
        appearance="primary"
        icon={busy ? <Spinner size="tiny" aria-hidden /> : <ArrowSync16Regular />}
        disabled={now.busy}
        aria-keyshortcuts="Control+R"
        onClick={() => void now.run({})}
      >
        {t('outbox.syncNow')}
      </Button>
    </>
  );
}
