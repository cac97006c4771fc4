/**
 * A long list of the server's, as a component shows it: read page by page by the cursor of the last one, begun anew for
 * each other question. What failed for want of the server is tried again once it answers.
 */
import { useCallback, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { EndpointRequest, ReplyBody } from '../../shared/endpoints.ts';
import type { Askable } from '../../shared/ask.ts';
import type { EventName } from '../../shared/ipc.ts';
import { onNews } from '../bridge.ts';
import { ask } from './ask.ts';
import { createKeysetList, type KeysetRows } from './keyset-list.ts';
import { useMirror } from './mirror.ts';

/** The endpoints that answer with a page of a list. */
export type Paged = {
  [N in Askable]: ReplyBody<N> extends { items: readonly unknown[]; nextCursor: string | null } ? N : never;
}[Askable];
export type RowOf<N extends Paged> = ReplyBody<N> extends { items: readonly (infer T)[] } ? T : never;
type QueryOf<N extends Paged> =
  EndpointRequest<N> extends { query: infer Q } ? Omit<Q, 'cursor' | 'limit'> : never;

export interface Pages<T> extends KeysetRows<T> {
  readonly more: () => void;
  readonly retry: () => void;
  /** Reads from the top again: after something was done that the list shows. */
  readonly refresh: () => void;
}

/** How much of the top is read again at news: the position of its last row. */
const topEnd = 199;

/**
 * With null for a query nothing is asked; at `news` the top is read again in its place. `keyOf` is one function for good:
 * another one is another list.
 */
export function usePages<N extends Paged>(
  endpoint: N,
  query: QueryOf<N> | null,
  keyOf: (row: RowOf<N>) => string | number,
  news?: EventName,
): Pages<RowOf<N>> {
  // A query is compared by what it says: whoever writes it down anew at each drawing asks nothing new.
  const asked = JSON.stringify(query);
  const list = useMemo(() => {
    // By the row that each page ended with: an answer that comes late must not lead another reading on.
    const cursors = new Map<string | number, string>();
    return createKeysetList<RowOf<N>>({
      keyOf,
      read: async (after, limit) => {
        const cursor = after === null ? undefined : cursors.get(keyOf(after));
        const from = cursor === undefined ? {} : { cursor };
        const request = { query: { ...(JSON.parse(asked) as object), ...from, limit } };
        // What the query may hold is checked where it is given; cursor and limit are every page's.
        const told = await ask(endpoint, request as unknown as EndpointRequest<N>);
        if (!told.ok) return told;
        // Of an endpoint that is not known yet the compiler does not see that it is `Paged`.
        const { items, nextCursor } = told.body as {
          items: readonly RowOf<N>[];
          nextCursor: string | null;
        };
        const last = items.at(-1);
        if (last !== undefined && nextCursor !== null) cursors.set(keyOf(last), nextCursor);
        return { ok: true, items, ended: last === undefined || nextCursor === null, total: null };
      },
    });
  }, [endpoint, asked, keyOf]);

  useEffect(() => {
    if (asked !== 'null') void list.reset();
    return () => list.forget();
  }, [list, asked]);

  useEffect(() => {
    if (asked === 'null' || news === undefined) return undefined;
    return onNews(news, () => void list.reread(0, topEnd));
  }, [list, asked, news]);

  const rows = useStore(list.store);
  const isWithinReach = useMirror(
    ({ desk }) => desk?.sync.online === true && desk.session.phase === 'signed_in',
  );
  useEffect(() => {
    // Once for each time that the server is back or the sign-in renewed: what it refuses itself is for a person to try again.
    if (isWithinReach && list.store.getState().problem !== null) void list.retry();
  }, [isWithinReach, list]);

  const more = useCallback(() => void list.more(), [list]);
  const retry = useCallback(() => void list.retry(), [list]);
  const refresh = useCallback(() => void list.reset(), [list]);
  return { ...rows, more, retry, refresh };
}
