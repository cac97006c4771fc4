/**
 * The account's ledger as the server served it. The only writer of `transactions`, `daily_totals` and `transaction_text`. A row gets in
 * only when it continues the chain: number, link, hash and balance are checked first (L1, L2, L8). It must never make
 * up or mend a row by itself.
 */
import { hash as digestOf } from 'node:crypto';
import canonicalize from 'canonicalize';
import { Charge, Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { Cache } from './database.ts';
import { dayIn } from './local-day.ts';

export interface MirrorDigest {
  /** 0 before the first row. */
  readonly seq: number;
  readonly head: string;
  readonly count: number;
  readonly sums: ReadonlyMap<string, Micros>;
}

/** The first row that does not continue the chain, and what is wrong with it. Nothing of the page was kept. */
export interface BrokenChain {
  readonly seq: number;
  readonly fault: 'malformed' | 'account' | 'seq' | 'link' | 'hash' | 'balance';
}

export interface Mirror {
  /** Adds rows as served, oldest first, after the last one, all or none. Null when they fit. */
  append(account: MirrorAccount, served: readonly unknown[]): BrokenChain | null;
  /** Puts other rows in the place of all of the account's, in one transaction: what is there stays if they don't fit. */
  replace(account: MirrorAccount, served: Iterable<unknown>): BrokenChain | null;
  digest(accountId: string): MirrorDigest;
  transaction(accountId: string, id: string): Transaction | null;
  /** A campaign's charges, oldest first. */
  chargesOf(accountId: string, campaignId: string): Transaction[];
  /** The hash of one row, to compare a signed head with. */
  hashAt(accountId: string, seq: number): string | null;
}

export interface MirrorAccount {
  readonly id: string;
  /** IANA name; days are cut in it. */
  readonly timeZone: string;
}

interface DayTotal {
  readonly asset: string;
  readonly day: string;
  readonly kind: string;
  readonly platform: string;
  count: bigint;
  amount: Micros;
  outgoing: Micros;
  firstSeq: number;
  lastSeq: number;
}

/** Where the chain stands while rows are being added to it. */
interface Tip {
  seq: number;
  head: string;
  readonly balances: Map<string, Micros>;
}

/** Rolls a refused page back; it does not leave this file. */
class ChainBreak extends Error {
  override readonly name = 'ChainBreak';
  readonly broken: BrokenChain;
  constructor(broken: BrokenChain) {
    super(`row ${broken.seq}: ${broken.fault}`);
    this.broken = broken;
  }
}

export function createMirror(cache: Cache): Mirror {
  const statements = prepare(cache);
  const addAll = (account: MirrorAccount, served: Iterable<unknown>): void => {
    const tip = tipOf(statements, account.id);
    const totals = new Map<string, DayTotal>();
    const day = dayIn(account.timeZone);
    const lastRowId = statements.lastRowId.get()?.row_id ?? 0n;
    for (const raw of served) {
      const row = checked(account.id, tip, raw);
      const localDay = day(Date.parse(row.occurredAt));
      insertRow(statements, row, localDay, raw);
      count(totals, row, localDay);
    }
    for (const total of totals.values()) addTotal(statements, account.id, total);
    statements.addTexts.run(lastRowId);
  };
  const inTransaction = (work: () => void): BrokenChain | null => {
    try {
      cache.transaction(work);
      return null;
    } catch (error) {
      if (error instanceof ChainBreak) return error.broken;
      throw error;
    }
  };
  return {
    append: (account, served) => inTransaction(() => addAll(account, served)),
    replace: (account, served) =>
      inTransaction(() => {
        // The mirror is a copy: the money is the server's, and the rows that go were shown to differ from it.
        statements.clearTexts.run(account.id);
        statements.clearRows.run(account.id);
        statements.clearTotals.run(account.id);
        addAll(account, served);
      }),
    digest(accountId) {
      const tip = tipOf(statements, accountId);
      const count = Number(statements.count.get(accountId)?.count ?? 0n);
      return { seq: tip.seq, head: tip.head, count, sums: tip.balances };
    },
    transaction(accountId, id) {
      const row = statements.byId.get(accountId, id);
      return row === undefined ? null : Transaction.parse(JSON.parse(row.body));
    },
    chargesOf: (accountId, campaignId) =>
      statements.chargesOf.all(accountId, campaignId).map((row) => Transaction.parse(JSON.parse(row.body))),
    hashAt: (accountId, seq) => statements.hashAt.get(accountId, seq)?.hash ?? null,
  };
}

/** The charge that a ledger row is of; null for a row of another kind. */
export function chargeOf(transaction: Transaction): Charge | null {
  if (transaction.kind !== 'charge' || transaction.pricing === undefined) return null;
  return Charge.parse({ ...transaction, amount: yuanText(-yuan(transaction.amount)) });
}

function prepare({ sql }: Cache) {
  return {
    tip: sql.prepare<[string], { seq: bigint; hash: string }>(
      'SELECT seq, hash FROM transactions WHERE account_id = ? ORDER BY seq DESC LIMIT 1',
    ),
    // The sum of all amounts is the balance (L2); the daily totals have it in a few rows a day.
    sums: sql.prepare<[string], { asset: string; amount: bigint }>(
      'SELECT asset, sum(amount) AS amount FROM daily_totals WHERE account_id = ? GROUP BY asset',
    ),
    count: sql.prepare<[string], { count: bigint }>(
      'SELECT coalesce(sum(count), 0) AS count FROM daily_totals WHERE account_id = ?',
    ),
    byId: sql.prepare<[string, string], { body: string }>(
      'SELECT body FROM transactions WHERE account_id = ? AND id = ?',
    ),
    chargesOf: sql.prepare<[string, string], { body: string }>(
      `SELECT body FROM transactions WHERE account_id = ? AND campaign_id = ? AND kind = 'charge' ORDER BY seq`,
    ),
    hashAt: sql.prepare<[string, number], { hash: string }>(
      'SELECT hash FROM transactions WHERE account_id = ? AND seq = ?',
    ),
    insert: sql.prepare(
      `INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after, platform, operation, quantity,
         target_user_id, campaign_id, note, occurred_at_ms, local_day, hash, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    addTotal: sql.prepare(
      `INSERT INTO daily_totals (account_id, asset, local_day, kind, platform, count, amount, outgoing, first_seq, last_seq)
       VALUES (@accountId, @asset, @day, @kind, @platform, @count, @amount, @outgoing, @firstSeq, @lastSeq)
       ON CONFLICT (account_id, asset, local_day, kind, platform) DO UPDATE SET
         count = count + excluded.count, amount = amount + excluded.amount, outgoing = outgoing + excluded.outgoing,
         first_seq = min(first_seq, excluded.first_seq), last_seq = max(last_seq, excluded.last_seq)`,
    ),
    lastRowId: sql.prepare<[], { row_id: bigint }>(
      'SELECT coalesce(max(row_id), 0) AS row_id FROM transactions',
    ),
    addTexts: sql.prepare<[bigint]>(
      `INSERT INTO transaction_text (rowid, text)
       SELECT row_id, coalesce(target_user_id || '  ', '') || coalesce(note || '  ', '')
       FROM transactions WHERE row_id > ? AND (target_user_id IS NOT NULL OR note IS NOT NULL)`,
    ),
    clearTexts: sql.prepare<[string]>(
      `DELETE FROM transaction_text WHERE rowid IN
         (SELECT row_id FROM transactions
          WHERE account_id = ? AND (target_user_id IS NOT NULL OR note IS NOT NULL))`,
    ),
    clearRows: sql.prepare<[string]>('DELETE FROM transactions WHERE account_id = ?'),
    clearTotals: sql.prepare<[string]>('DELETE FROM daily_totals WHERE account_id = ?'),
  };
}
type Statements = ReturnType<typeof prepare>;

function tipOf(statements: Statements, accountId: string): Tip {
  const last = statements.tip.get(accountId);
  const balances = new Map<string, Micros>();
  for (const sum of statements.sums.iterate(accountId)) balances.set(sum.asset, sum.amount);
  return { seq: Number(last?.seq ?? 0n), head: last?.hash ?? genesisHash, balances };
}

/** The row a served value stands for, after every check against the tip; the tip moves on to it. */
function checked(accountId: string, tip: Tip, raw: unknown): Transaction {
  const seq = tip.seq + 1;
  const parsed = Transaction.safeParse(raw);
  if (!parsed.success) throw new ChainBreak({ seq, fault: 'malformed' });
  const row = parsed.data;
  if (row.accountId !== accountId) throw new ChainBreak({ seq, fault: 'account' });
  if (row.seq !== seq) throw new ChainBreak({ seq, fault: 'seq' });
  if (row.prevHash !== tip.head) throw new ChainBreak({ seq, fault: 'link' });
  // Over the value as served: a field that a newer server adds is part of what it hashed.
  if (rowHash(tip.head, raw as Transaction) !== row.hash) throw new ChainBreak({ seq, fault: 'hash' });
  const balance = (tip.balances.get(row.asset) ?? 0n) + yuan(row.amount);
  if (balance !== yuan(row.balanceAfter)) throw new ChainBreak({ seq, fault: 'balance' });
  tip.seq = seq;
  tip.head = row.hash;
  tip.balances.set(row.asset, balance);
  return row;
}

export function rowHash(prevHash: string, served: Transaction): string {
  return digestOf('sha256', chainText(prevHash, served));
}

function insertRow(statements: Statements, row: Transaction, localDay: string, raw: unknown): void {
  statements.insert.run(
    row.accountId,
    row.seq,
    row.id,
    row.kind,
    row.asset,
    yuan(row.amount),
    yuan(row.balanceAfter),
    row.platform ?? '',
    row.operation ?? null,
    row.quantity ?? null,
    row.targetUserId ?? null,
    row.campaignId ?? null,
    row.note ?? null,
    Date.parse(row.occurredAt),
    localDay,
    row.hash,
    canonicalize(raw) ?? '',
  );
}

function count(totals: Map<string, DayTotal>, row: Transaction, day: string): void {
  const platform = row.platform ?? '';
  const key = `${row.asset}\n${day}\n${row.kind}\n${platform}`;
  const amount = yuan(row.amount);
  const total = totals.get(key) ?? {
    asset: row.asset,
    day,
    kind: row.kind,
    platform,
    count: 0n,
    amount: 0n,
    outgoing: 0n,
    firstSeq: row.seq,
    lastSeq: row.seq,
  };
  total.count += 1n;
  total.amount += amount;
  if (amount < 0n) total.outgoing += amount;
  total.lastSeq = row.seq;
  totals.set(key, total);
}

function addTotal(statements: Statements, accountId: string, total: DayTotal): void {
  statements.addTotal.run({ ...total, accountId });
}
