/**
 * What the server last said of an account that is not a ledger row: the account, its balance, prices and alerts.
 * The only writer of `snapshots`. A body that no longer parses is treated as absent: the next round fetches it.
 */
import { z } from 'zod';
import { Account, AlertSettings, Balance } from '../../shared/api.ts';
import { PriceBook } from '../../shared/api-prices.ts';
import { SyncState } from '../../shared/ipc-desk.ts';
import type { Cache } from './database.ts';

const bodies = {
  account: Account,
  balance: Balance,
  pricing: PriceBook,
  alerts: AlertSettings,
  /** Written after each sync round that succeeded: its time is the fetch time. */
  round: z.object({}),
  /** What mirror and server disagree on (S4); null when they agree. */
  drift: SyncState.shape.drift,
  /** This device's numbers as the server has seen them (S2), and those that a person has taken note of. */
  numbers: z.object({
    missing: z.array(z.int()),
    reused: z.array(z.int()),
    noted: z.array(z.int()),
  }),
} as const;
export type SnapshotKind = keyof typeof bodies;

export interface Snapshot<K extends SnapshotKind> {
  readonly body: z.infer<(typeof bodies)[K]>;
  readonly etag: string | null;
  readonly fetchedAtMs: number;
}

export interface Snapshots {
  read<K extends SnapshotKind>(accountId: string, kind: K): Snapshot<K> | null;
  write<K extends SnapshotKind>(
    accountId: string,
    kind: K,
    body: Snapshot<K>['body'],
    fetched: { readonly atMs: number; readonly etag?: string | null },
  ): void;
}

interface Row {
  readonly body: string;
  readonly etag: string | null;
  readonly fetched_at_ms: bigint;
}

export function createSnapshots(cache: Cache): Snapshots {
  const select = cache.sql.prepare<[string, string], Row>(
    'SELECT body, etag, fetched_at_ms FROM snapshots WHERE account_id = ? AND kind = ?',
  );
  const upsert = cache.sql.prepare<[string, string, string, string | null, number]>(
    `INSERT INTO snapshots (account_id, kind, body, etag, fetched_at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (account_id, kind)
     DO UPDATE SET body = excluded.body, etag = excluded.etag, fetched_at_ms = excluded.fetched_at_ms`,
  );
  return {
    read<K extends SnapshotKind>(accountId: string, kind: K): Snapshot<K> | null {
      const row = select.get(accountId, kind);
      if (row === undefined) return null;
      const parsed = bodies[kind].safeParse(parseJson(row.body));
      if (!parsed.success) return null;
      const body = parsed.data as Snapshot<K>['body'];
      return { body, etag: row.etag, fetchedAtMs: Number(row.fetched_at_ms) };
    },
    write(accountId, kind, body, { atMs, etag }) {
      upsert.run(accountId, kind, JSON.stringify(body), etag ?? null, atMs);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
