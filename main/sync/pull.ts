/**
 * Brings the mirror up to what the server has, and compares the two (S4). It must never keep a row that does not
 * continue the chain, and never lets a difference pass in silence.
 */
import type { LedgerDigest, Transaction } from '../../shared/api.ts';
import type { SyncState } from '../../shared/ipc-desk.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Cache } from '../cache/database.ts';
import type { BrokenChain, Mirror, MirrorAccount, MirrorDigest } from '../cache/mirror.ts';
import type { CallFailure, ServerClient } from './server-client.ts';

export type Drift = NonNullable<SyncState['drift']>;

export type PullResult =
  | { readonly kind: 'pulled' }
  /** The server's rows do not continue the mirror's: one of the two is wrong. */
  | { readonly kind: 'broken'; readonly broken: BrokenChain }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

export type CompareResult =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly drift: Drift }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

export interface Puller {
  /** Adds what the server has beyond the mirror's last row. */
  pull(account: MirrorAccount, signal: AbortSignal): Promise<PullResult>;
  /** Fetches everything again and puts it in the place of the mirror, if it is a whole chain. */
  pullAllAgain(account: MirrorAccount, signal: AbortSignal): Promise<PullResult>;
  /** Compares number, head, count and sums: up to the mirror's last row (`common`), or all there is (`whole`). */
  compare(accountId: string, scope: 'common' | 'whole', signal: AbortSignal): Promise<CompareResult>;
}

export interface PullParts {
  readonly cache: Cache;
  readonly mirror: Mirror;
  readonly client: Pick<ServerClient, 'call'>;
  /** Called after rows were committed. */
  readonly onRows: () => void;
}

const pageRows = 1_000;

export function createPuller(parts: PullParts): Puller {
  const { cache, mirror, client } = parts;
  return {
    async pull(account, signal) {
      for (;;) {
        const afterSeq = mirror.digest(account.id).seq;
        const page = await fetchPage(client, afterSeq, signal);
        if (page.kind === 'failed') return page;
        const broken = mirror.append(account, page.rows);
        if (broken !== null) return { kind: 'broken', broken };
        if (page.rows.length > 0) parts.onRows();
        // A server that promises more without giving any would be asked for ever.
        if (!page.hasMore || page.rows.length === 0) return { kind: 'pulled' };
      }
    },
    async pullAllAgain(account, signal) {
      const staged = createStage(cache);
      try {
        for (;;) {
          const page = await fetchPage(client, staged.lastSeq(), signal);
          if (page.kind === 'failed') return page;
          staged.add(page.rows);
          if (!page.hasMore || page.rows.length === 0) break;
        }
        const broken = mirror.replace(account, staged.rows());
        if (broken !== null) return { kind: 'broken', broken };
        parts.onRows();
        return { kind: 'pulled' };
      } finally {
        staged.clear();
      }
    },
    async compare(accountId, scope, signal) {
      const local = mirror.digest(accountId);
      const query = scope === 'common' ? { uptoSeq: local.seq } : {};
      const outcome = await client.call('digest', { query, signal });
      if (outcome.kind === 'not_modified')
        throw new Error('an unconditional call was answered with not_modified');
      if (outcome.kind !== 'ok') return { kind: 'failed', failure: outcome };
      if (agrees(local, outcome.body)) return { kind: 'same' };
      return { kind: 'differs', drift: driftBetween(local, outcome.body) };
    },
  };
}

type Page =
  | { readonly kind: 'page'; readonly rows: readonly unknown[]; readonly hasMore: boolean }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

async function fetchPage(
  client: Pick<ServerClient, 'call'>,
  afterSeq: number,
  signal: AbortSignal,
): Promise<Page> {
  const outcome = await client.call('transactions', { query: { afterSeq, limit: pageRows }, signal });
  if (outcome.kind === 'not_modified')
    throw new Error('an unconditional call was answered with not_modified');
  if (outcome.kind !== 'ok') return { kind: 'failed', failure: outcome };
  // As served: a field that this desk does not know is part of what the hash was taken over.
  const { transactions } = outcome.raw as { readonly transactions: readonly unknown[] };
  return { kind: 'page', rows: transactions, hasMore: outcome.body.hasMore };
}

function agrees(local: MirrorDigest, server: LedgerDigest): boolean {
  if (local.seq !== server.seq || local.head !== server.head || local.count !== server.count) return false;
  const assets = new Set([...local.sums.keys(), ...Object.keys(server.sums)]);
  return [...assets].every((asset) => (local.sums.get(asset) ?? 0n) === yuan(server.sums[asset] ?? '0'));
}

/** The sum of all amounts in CNY is the balance (L2). */
function driftBetween(local: MirrorDigest, server: LedgerDigest): Drift {
  const here = local.sums.get('CNY') ?? 0n;
  const there = yuan(server.sums['CNY'] ?? '0');
  return {
    local: { seq: local.seq, head: local.head, balance: yuanText(here) },
    server: { seq: server.seq, head: server.head, balance: yuanText(there) },
    difference: yuanText(there - here),
    confirmedAt: null,
  };
}

/** Holds a whole history on the way in, outside memory and outside any transaction. */
function createStage({ sql }: Cache) {
  sql.exec('CREATE TEMP TABLE IF NOT EXISTS staged (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
  sql.exec('DELETE FROM staged');
  const insert = sql.prepare<[number, string]>('INSERT INTO staged (seq, body) VALUES (?, ?)');
  const select = sql.prepare<[], { body: string }>('SELECT body FROM staged ORDER BY seq');
  const addAll = sql.transaction((rows: readonly unknown[]) => {
    for (const row of rows) insert.run((row as Transaction).seq, JSON.stringify(row));
  });
  let lastSeq = 0;
  return {
    add(rows: readonly unknown[]): void {
      addAll(rows);
      lastSeq = (rows.at(-1) as Transaction | undefined)?.seq ?? lastSeq;
    },
    lastSeq: (): number => lastSeq,
    /** Read whole before it is used: a statement that is still stepping would keep its connection from writing. */
    *rows(): Generator {
      for (const { body } of select.all()) yield JSON.parse(body);
    },
    clear: (): void => {
      sql.exec('DELETE FROM staged');
    },
  };
}
