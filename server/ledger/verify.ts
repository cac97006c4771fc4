/**
 * Walks the whole ledger of an account and compares everything that can be derived twice: the chain, the columns
 * beside it, balances, batches, holds, totals. It must never repair anything.
 */
import { hash } from 'node:crypto';
import { Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { parseAssetUnits } from '../../shared/assets.ts';
import type { Micros } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { holdColumns, holdOf, type HoldRow } from './loading.ts';
import { localDay } from './local-day.ts';

export interface LedgerFault {
  readonly accountId: string;
  /** The row at fault; absent where the fault is not in one row. */
  readonly seq?: number;
  readonly kind:
    | 'missing_rows'
    | 'body_unreadable'
    | 'columns_differ'
    | 'chain_broken'
    | 'balance_broken'
    | 'head_differs'
    | 'wallet_differs'
    | 'grant_differs'
    | 'hold_differs'
    | 'adjustment_differs'
    | 'totals_differ'
    | 'row_altered'
    | 'checkpoint_differs';
  /** One sentence for the person who has to look. */
  readonly detail: string;
}

export interface Verification {
  readonly accounts: number;
  readonly transactions: number;
  /** The first `faultsListedMax` of them; empty: everything agrees. */
  readonly faults: readonly LedgerFault[];
}

/** A ledger that is broken everywhere is broken: further faults are not listed. */
export const faultsListedMax = 100;
const rowsReadTogether = 2_000;

/** Tables whose rows carry a seal over all of them, and what names a row to the person who looks. */
const sealedTables = {
  ledger_heads: `'the only one'`,
  wallets: 'asset',
  grants: 'id::text',
  grant_uses: `seq || ' ' || grant_id`,
  holds: 'id::text',
  adjustments: 'id::text',
} as const;
/** Every table that says something of an account's money. */
export const ledgerTables: readonly string[] = ['transactions', 'daily_totals', ...Object.keys(sealedTables)];

/** Verifies one account, or all of them one after another, each as of one moment. */
export async function verifyLedger(database: Database, accountId?: string): Promise<Verification> {
  const accounts = await database.query<{ account_id: string }>(
    `SELECT account_id FROM (
       ${ledgerTables.map((table) => `SELECT account_id FROM ${table}`).join(' UNION ')}
     ) AS known
     WHERE $1::uuid IS NULL OR account_id = $1 ORDER BY account_id`,
    [accountId ?? null],
  );
  const faults: LedgerFault[] = [];
  let transactions = 0;
  for (const { account_id: id } of accounts) {
    const walk = new Walk(id);
    await database.transaction((tx) => walk.run(tx));
    transactions += walk.count;
    faults.push(...walk.faults.slice(0, faultsListedMax - faults.length));
    if (faults.length >= faultsListedMax) break;
  }
  return { accounts: accounts.length, transactions, faults };
}

interface Row {
  readonly seq: bigint;
  readonly id: string;
  readonly kind: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly balance_after: bigint;
  readonly platform: string | null;
  readonly operation: string | null;
  readonly target_user_id: string | null;
  readonly campaign_id: string | null;
  readonly hold_id: string | null;
  readonly reverses_id: string | null;
  readonly grant_id: string | null;
  readonly occurred_at_ms: bigint;
  readonly recorded_at_ms: bigint;
  readonly hash: string;
  readonly body: string;
  readonly sealed: boolean;
}

interface Captured {
  amount: Micros;
  count: number;
  late: number;
}

class Walk {
  readonly faults: LedgerFault[] = [];
  count = 0;
  readonly #accountId: string;
  #seq = 0;
  #head = genesisHash;
  #timeZone = 'UTC';
  readonly #balances = new Map<string, Micros>();
  /** What batches had left, by id; a batch begins with the transaction of its id. */
  readonly #batches = new Map<string, Micros>();
  readonly #captured = new Map<string, Captured>();
  /** Corrections among the rows, by id. */
  readonly #adjusted = new Map<string, Micros>();
  readonly #totals = new Map<string, { count: bigint; amount: bigint }>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  async run(tx: Queryable): Promise<void> {
    // Postings of the account wait, so that all that is read belongs together.
    const [head] = await tx.query<{ last_seq: bigint; head: string }>(
      'SELECT last_seq, head FROM ledger_heads WHERE account_id = $1 FOR UPDATE',
      [this.#accountId],
    );
    const [account] = await tx.query<{ time_zone: string }>('SELECT time_zone FROM accounts WHERE id = $1', [
      this.#accountId,
    ]);
    this.#timeZone = account?.time_zone ?? 'UTC';
    await this.#walkRows(tx);
    if (head === undefined || Number(head.last_seq) !== this.#seq || head.head !== this.#head)
      this.#fault(
        'head_differs',
        `The head says ${head?.last_seq} ${head?.head}, the rows end at ${this.#seq} ${this.#head}.`,
      );
    await this.#checkHolds(tx);
    await this.#checkGrants(tx);
    await this.#checkAdjustments(tx);
    await this.#checkTotals(tx);
    await this.#checkSeals(tx);
  }

  async #walkRows(tx: Queryable): Promise<void> {
    for (;;) {
      const rows = await tx.query<Row>(
        `SELECT seq, id, kind, asset, amount, balance_after, platform, operation, target_user_id, campaign_id,
           hold_id, reverses_id, grant_id, occurred_at_ms, recorded_at_ms, hash, body,
           seal = transaction_seal(hash, request_hash, grant_id) AS sealed
         FROM transactions WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
        [this.#accountId, this.#seq, rowsReadTogether],
      );
      for (const row of rows) this.#row(row);
      if (rows.length < rowsReadTogether || this.faults.length >= faultsListedMax) return;
    }
  }

  #row(row: Row): void {
    const seq = Number(row.seq);
    this.count += 1;
    if (seq !== this.#seq + 1)
      this.#fault('missing_rows', `Rows ${this.#seq + 1} to ${seq - 1} are missing.`, seq);
    this.#seq = seq;
    const transaction = readBody(row.body);
    if (transaction === null) {
      this.#fault('body_unreadable', 'The row does not hold a transaction.', seq);
    } else {
      this.#chain(transaction, seq);
      const column = differingColumn(row, transaction);
      if (column !== null)
        this.#fault('columns_differ', `The column ${column} differs from what was hashed.`, seq);
      this.#count(row, transaction);
    }
    if (!row.sealed)
      this.#fault('row_altered', 'The request_hash, grant_id or seal is not as the posting wrote it.', seq);
    this.#head = row.hash;
    const balance = (this.#balances.get(row.asset) ?? 0n) + row.amount;
    if (balance !== row.balance_after)
      this.#fault(
        'balance_broken',
        `The balance after this row is not the one before it plus its amount.`,
        seq,
      );
    this.#balances.set(row.asset, row.balance_after);
  }

  #chain(transaction: Transaction, seq: number): void {
    const expected = hash('sha256', chainText(this.#head, transaction), 'hex');
    if (transaction.accountId !== this.#accountId)
      this.#fault('chain_broken', 'The row was hashed for another account.', seq);
    if (transaction.prevHash !== this.#head)
      this.#fault('chain_broken', `The row does not follow row ${seq - 1}.`, seq);
    else if (transaction.hash !== expected)
      this.#fault('chain_broken', 'The row is not the one that was hashed.', seq);
  }

  #count(row: Row, transaction: Transaction): void {
    if (row.grant_id !== null) this.#move(row.grant_id, row.amount);
    if (row.amount > 0n && row.reverses_id === null) this.#move(row.id, row.amount);
    if (row.kind === 'adjustment') this.#adjusted.set(row.id, row.amount);
    if (row.kind === 'charge' && row.hold_id !== null) this.#capture(row.hold_id, row, transaction);
    const day = localDay(this.#timeZone, Number(row.occurred_at_ms));
    const key = `${row.asset} ${day} ${row.kind} ${row.platform ?? ''}`;
    const total = this.#totals.get(key) ?? { count: 0n, amount: 0n };
    total.count += 1n;
    total.amount += row.amount;
    this.#totals.set(key, total);
  }

  #move(grantId: string, amount: Micros): void {
    this.#batches.set(grantId, (this.#batches.get(grantId) ?? 0n) + amount);
  }

  #capture(holdId: string, row: Row, transaction: Transaction): void {
    const captured = this.#captured.get(holdId) ?? { amount: 0n, count: 0, late: 0 };
    if (transaction.pricing?.late === true) captured.late += 1;
    else {
      captured.count += 1;
      captured.amount -= row.amount;
    }
    this.#captured.set(holdId, captured);
  }

  async #checkHolds(tx: Queryable): Promise<void> {
    const rows = await tx.query<HoldRow>(`SELECT ${holdColumns} FROM holds WHERE account_id = $1`, [
      this.#accountId,
    ]);
    const held = new Map<string, bigint>();
    for (const hold of rows.map(holdOf)) {
      const { amount, count, late } = this.#captured.get(hold.id) ?? { amount: 0n, count: 0, late: 0 };
      this.#captured.delete(hold.id);
      held.set(hold.asset, (held.get(hold.asset) ?? 0n) + hold.amount - hold.captured - hold.released);
      const lateCount = hold.quote === null ? hold.lateCount : late;
      if (hold.captured !== amount || hold.capturedCount !== count || hold.lateCount !== lateCount)
        this.#fault('hold_differs', `Hold ${hold.id} does not agree with the charges made under it.`);
    }
    for (const holdId of this.#captured.keys())
      this.#fault('hold_differs', `Charges name hold ${holdId}, which is not there.`);
    const wallets = await tx.query<{ asset: string; balance: bigint; held: bigint }>(
      'SELECT asset, balance, held FROM wallets WHERE account_id = $1',
      [this.#accountId],
    );
    for (const wallet of wallets) {
      if (wallet.balance !== (this.#balances.get(wallet.asset) ?? 0n))
        this.#fault(
          'wallet_differs',
          `The ${wallet.asset} wallet's balance is not the one after its last row.`,
        );
      if (wallet.held !== (held.get(wallet.asset) ?? 0n))
        this.#fault(
          'wallet_differs',
          `The ${wallet.asset} wallet holds another amount than the open holds do.`,
        );
      this.#balances.delete(wallet.asset);
      held.delete(wallet.asset);
    }
    for (const asset of held.keys()) this.#balances.set(asset, this.#balances.get(asset) ?? 0n);
    for (const asset of this.#balances.keys()) this.#fault('wallet_differs', `There is no ${asset} wallet.`);
  }

  async #checkGrants(tx: Queryable): Promise<void> {
    const uses = await tx.query<{ grant_id: string; amount: bigint }>(
      'SELECT grant_id, sum(amount) AS amount FROM grant_uses WHERE account_id = $1 GROUP BY grant_id',
      [this.#accountId],
    );
    for (const use of uses) this.#move(use.grant_id, -use.amount);
    const grants = await tx.query<{ id: string; remaining: bigint }>(
      'SELECT id, remaining FROM grants WHERE account_id = $1',
      [this.#accountId],
    );
    for (const { id, remaining } of grants) {
      if (remaining !== this.#batches.get(id))
        this.#fault('grant_differs', `Batch ${id} has not left what its transactions leave.`);
      this.#batches.delete(id);
    }
    for (const id of this.#batches.keys())
      this.#fault('grant_differs', `Transactions name batch ${id}, which is not there.`);
  }

  async #checkAdjustments(tx: Queryable): Promise<void> {
    const posted = await tx.query<{ id: string; amount: bigint }>(
      "SELECT id, amount FROM adjustments WHERE account_id = $1 AND state = 'posted'",
      [this.#accountId],
    );
    for (const { id, amount } of posted) {
      if (amount !== this.#adjusted.get(id))
        this.#fault('adjustment_differs', `Adjustment ${id} is not what its transaction moved.`);
      this.#adjusted.delete(id);
    }
    for (const id of this.#adjusted.keys())
      this.#fault('adjustment_differs', `Transaction ${id} corrects what nobody asked to correct.`);
  }

  async #checkTotals(tx: Queryable): Promise<void> {
    const rows = await tx.query<{
      asset: string;
      day: string;
      kind: string;
      platform: string;
      count: bigint;
      amount: bigint;
    }>(
      'SELECT asset, local_day::text AS day, kind, platform, count, amount FROM daily_totals WHERE account_id = $1',
      [this.#accountId],
    );
    for (const row of rows) {
      const key = `${row.asset} ${row.day} ${row.kind} ${row.platform}`;
      const expected = this.#totals.get(key);
      if (expected?.count !== row.count || expected.amount !== row.amount)
        this.#fault('totals_differ', `The total of ${key} is not what its rows add up to.`);
      this.#totals.delete(key);
    }
    for (const key of this.#totals.keys()) this.#fault('totals_differ', `There is no total of ${key}.`);
  }

  async #checkSeals(tx: Queryable): Promise<void> {
    for (const [table, name] of Object.entries(sealedTables)) {
      const altered = await tx.query<{ name: string }>(
        `SELECT ${name} AS name FROM ${table} t WHERE account_id = $1 AND seal <> row_seal(to_jsonb(t)) ORDER BY 1`,
        [this.#accountId],
      );
      for (const row of altered)
        this.#fault('row_altered', `The row of ${table} (${row.name}) is not as a posting wrote it.`);
    }
  }

  #fault(kind: LedgerFault['kind'], detail: string, seq?: number): void {
    if (this.faults.length >= faultsListedMax) return;
    this.faults.push({ accountId: this.#accountId, kind, detail, ...(seq === undefined ? {} : { seq }) });
  }
}

function readBody(body: string): Transaction | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null; // Reported as a fault of its own.
  }
  const parsed = Transaction.safeParse(json);
  // The parsed copy lacks fields that the schema does not know, and those count for the hash too.
  return parsed.success ? (json as Transaction) : null;
}

/** The first column that says something else than the row's text, or null. */
function differingColumn(row: Row, t: Transaction): string | null {
  const expected: Partial<Record<keyof Row, unknown>> = {
    seq: BigInt(t.seq),
    id: t.id,
    kind: t.kind,
    asset: t.asset,
    amount: parseAssetUnits(t.asset, t.amount),
    balance_after: parseAssetUnits(t.asset, t.balanceAfter),
    platform: t.platform ?? null,
    operation: t.operation ?? null,
    target_user_id: t.targetUserId ?? null,
    campaign_id: t.campaignId ?? null,
    hold_id: t.holdId ?? null,
    reverses_id: t.reversesId ?? null,
    occurred_at_ms: BigInt(Date.parse(t.occurredAt)),
    recorded_at_ms: BigInt(Date.parse(t.recordedAt)),
    hash: t.hash,
  };
  for (const [column, value] of Object.entries(expected))
    if (row[column as keyof Row] !== value) return column;
  return null;
}
