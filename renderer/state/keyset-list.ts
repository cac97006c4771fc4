/**
 * A long list read page by page from where the last page ended. It keeps what was read, drops answers to questions
 * that were replaced meanwhile, and must never have two pages of one list under way at once.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DeskProblem } from '../../shared/ipc-words.ts';

export interface KeysetRows<T> {
  readonly rows: readonly T[];
  /** How many there are in all, where that is known. */
  readonly total: number | null;
  /** Nothing comes after the last row. */
  readonly ended: boolean;
  readonly loading: boolean;
  readonly problem: DeskProblem | null;
}

export type PageReply<T> =
  | {
      readonly ok: true;
      readonly items: readonly T[];
      readonly ended: boolean;
      readonly total: number | null;
    }
  | { readonly ok: false; readonly problem: DeskProblem };

interface Source<T> {
  /** Reads at most `limit` rows after `after`; from the top when that is null. */
  readonly read: (after: T | null, limit: number) => Promise<PageReply<T>>;
  readonly keyOf: (row: T) => string | number;
}

export interface KeysetList<T> {
  readonly store: StoreApi<KeysetRows<T>>;
  /** Forgets all rows, and the answer to what is under way. */
  readonly forget: () => void;
  /** Forgets all rows and reads the first page. */
  readonly reset: () => Promise<void>;
  /** Reads the next page, unless one is under way, nothing follows, or the last try failed: that is for a person to retry. */
  readonly more: () => Promise<void>;
  readonly retry: () => Promise<void>;
  /** Reads a stretch of known rows again, by position, `last` included; what follows a changed stretch is read anew. */
  readonly reread: (first: number, last: number) => Promise<void>;
}

const pageRows = 200;
/** The contract's largest page. */
const rereadRowsMax = 500;

const nothingYet = { rows: [], total: null, ended: false, loading: false, problem: null } as const;

export function createKeysetList<T>({ read, keyOf }: Source<T>): KeysetList<T> {
  const store = createStore<KeysetRows<T>>(() => nothingYet);
  let generation = 0;
  let rereading = false;
  let rereadAgain: readonly [number, number] | null = null;

  const more = async (): Promise<void> => {
    const { rows, ended, loading, problem } = store.getState();
    if (ended || loading || problem !== null) return;
    const asked = generation;
    store.setState({ loading: true });
    const page = await read(rows.at(-1) ?? null, pageRows);
    if (asked !== generation) return;
    if (!page.ok) store.setState({ loading: false, problem: page.problem });
    else
      store.setState(({ rows: known }) => ({
        rows: [...known, ...page.items],
        ended: page.ended,
        total: page.total,
        loading: false,
      }));
  };

  const retry = async (): Promise<void> => {
    store.setState({ problem: null });
    await more();
  };

  const forget = (): void => {
    generation += 1;
    store.setState(nothingYet);
  };

  const reset = async (): Promise<void> => {
    forget();
    await more();
  };

  const rereadOnce = async (first: number, last: number): Promise<void> => {
    const { rows: before, loading } = store.getState();
    if (loading) return;
    const asked = generation;
    const limit = Math.min(Math.max(last - first + 1, 50), rereadRowsMax);
    const page = await read(first === 0 ? null : (before[first - 1] ?? null), limit);
    const { rows: now, loading: grew } = store.getState();
    // A page that was added meanwhile would be cut off by a stretch read before it: the next event reads again.
    if (asked !== generation || !page.ok || grew || now !== before) return;
    const head = now.slice(0, first);
    const tail = now.slice(first + page.items.length);
    const same = page.items.every((item, index) => {
      const known = now[first + index];
      return known !== undefined && keyOf(known) === keyOf(item);
    });
    if (same && !page.ended) store.setState({ rows: [...head, ...page.items, ...tail], total: page.total });
    else store.setState({ rows: [...head, ...page.items], ended: page.ended, total: page.total });
  };

  const reread = async (first: number, last: number): Promise<void> => {
    if (rereading) {
      rereadAgain = [first, last];
      return;
    }
    rereading = true;
    let stretch: readonly [number, number] | null = [first, last];
    while (stretch !== null) {
      rereadAgain = null;
      await rereadOnce(stretch[0], stretch[1]);
      stretch = rereadAgain;
    }
    rereading = false;
  };

  return { store, forget, reset, more, retry, reread };
}
