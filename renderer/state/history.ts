/**
 * The history that is on screen: its filter, the rows read so far, newest first, and the totals of all it matches.
 * New ledger rows are announced and let in when the person is at the top, so that nothing moves under their eyes.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { z } from 'zod';
import type { Transaction } from '../../shared/api.ts';
import type { CommandReply } from '../../shared/ipc.ts';
import type { HistoryFilter, HistoryTotals } from '../../shared/ipc-history.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { invoke, onNews } from '../bridge.ts';
import { createKeysetList } from './keyset-list.ts';
import { oneAtATime } from './one-at-a-time.ts';

export type HistoryFilterValue = z.infer<typeof HistoryFilter>;

interface HistoryView {
  readonly filter: HistoryFilterValue;
  readonly totals: z.infer<typeof HistoryTotals> | null;
  readonly totalsProblem: DeskProblem | null;
  /** New rows came in that the list does not show yet. */
  readonly stale: boolean;
  /** Where the list begins when a person jumped to a day; null: at the newest row. */
  readonly jumped: { readonly day: string; readonly beforeSeq: number } | null;
}

const view = createStore<HistoryView>(() => ({
  filter: {},
  totals: null,
  totalsProblem: null,
  stale: false,
  jumped: null,
}));

export const historyRows = createKeysetList<Transaction>({
  keyOf: (row) => row.seq,
  read: async (after, limit) => {
    const reply = await invoke('history.page', {
      filter: view.getState().filter,
      beforeSeq: after?.seq ?? view.getState().jumped?.beforeSeq ?? null,
      limit,
    });
    if (!reply.ok) return reply;
    const { items, nextBeforeSeq } = reply.output;
    return { ok: true, items, ended: nextBeforeSeq === null, total: null };
  },
});

export function useHistory<T>(select: (state: HistoryView) => T): T {
  return useStore(view, select);
}

export function historyFilter(): HistoryFilterValue {
  return view.getState().filter;
}

let totalsAsked = 0;
export async function readTotals(): Promise<void> {
  totalsAsked += 1;
  const asked = totalsAsked;
  const reply = await invoke('history.totals', { filter: view.getState().filter });
  if (asked !== totalsAsked) return;
  if (reply.ok) view.setState({ totals: reply.output, totalsProblem: null });
  else view.setState({ totalsProblem: reply.problem });
}

/** Forgets the filter and what it showed, for the next person. */
export function forgetHistory(): void {
  view.setState(view.getInitialState(), true);
  historyRows.forget();
}

/** Shows what a filter matches, from the top. */
export async function showHistory(filter: HistoryFilterValue): Promise<void> {
  view.setState({ filter, totals: null, stale: false, jumped: null });
  await Promise.all([historyRows.reset(), readTotals()]);
}

/** Begins the list at a day's last row. Moves nothing when there is no row so early, which the answer tells. */
export async function jumpTo(day: string): Promise<CommandReply<'history.jump'>> {
  const { filter } = view.getState();
  const reply = await invoke('history.jump', { filter, day });
  if (!reply.ok || reply.output.beforeSeq === null || filter !== view.getState().filter) return reply;
  view.setState({ jumped: { day, beforeSeq: reply.output.beforeSeq } });
  await historyRows.reset();
  return reply;
}

/** Begins the list at the newest row again. */
export async function jumpBack(): Promise<void> {
  view.setState({ jumped: null });
  await refreshHistory();
}

/** Reads again with the same filter, keeping the totals on screen until the new ones are there. */
export async function refreshHistory(): Promise<void> {
  view.setState({ stale: false });
  await Promise.all([historyRows.reset(), readTotals()]);
}

/**
 * Lets new rows in at the top: reads the first page and puts what is newer before what is shown. Where the two
 * do not touch, the list starts again.
 */
async function takeInNewest(): Promise<void> {
  const shown = historyRows.store.getState();
  const newest = shown.rows[0]?.seq;
  if (newest === undefined || shown.loading) return refreshHistory();
  const reply = await invoke('history.page', {
    filter: view.getState().filter,
    beforeSeq: null,
    limit: 200,
  });
  if (!reply.ok || historyRows.store.getState().rows[0]?.seq !== newest) return;
  const { items } = reply.output;
  const touches = items.some((row) => row.seq === newest) || items.length === 0;
  if (!touches) return refreshHistory();
  const added = items.filter((row) => row.seq > newest);
  historyRows.store.setState(({ rows }) => ({ rows: [...added, ...rows] }));
  view.setState({ stale: false });
  await readTotals();
}

/**
 * Follows the ledger while the history is on screen. `atTop` says whether rows may be added without moving what is
 * being read.
 */
export function followHistory(atTop: () => boolean): () => void {
  const follow = oneAtATime(async () => {
    if (atTop() && view.getState().jumped === null) await takeInNewest();
    else {
      view.setState({ stale: true });
      await readTotals();
    }
  });
  return onNews('ledger', () => void follow());
}
