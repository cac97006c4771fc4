/**
 * The reference: what a sensible programmer writes first. For each charge a transaction that locks the wallet, adds
 * the row and moves the wallet, on a table with the columns and keys of ours, so that both sides keep the same data:
 * the explained amount, the hash chain, the caller's id. Statements are prepared, and it has no HTTP to serve.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Run } from './driver.ts';
import { percentile } from './row.ts';

export interface NaiveJob {
  readonly databaseUrl: string;
  readonly connections: number;
  readonly msMax: number;
}

const accountId = '01900000-0000-7000-8000-000000000001';
const price = 10_000n;

const schema = `
  CREATE TABLE IF NOT EXISTS naive_wallets (
    account_id uuid PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0), last_seq bigint NOT NULL, head text NOT NULL
  );
  CREATE TABLE IF NOT EXISTS naive_transactions (
    account_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, kind text NOT NULL, asset text NOT NULL,
    amount bigint NOT NULL, balance_after bigint NOT NULL, platform text, operation text, target_user_id text,
    occurred_at_ms bigint NOT NULL, recorded_at_ms bigint NOT NULL, request_hash text NOT NULL, hash text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (account_id, seq), UNIQUE (id, account_id)
  );
  INSERT INTO naive_wallets VALUES ('${accountId}', 1000000000000000, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const yuan = (micros: bigint): string => (Number(micros) / 1_000_000).toFixed(2);
let deviceSeq = 0;

interface Wallet {
  readonly balance: string;
  readonly last_seq: string;
  readonly head: string;
}

async function chargeOnce(pool: pg.Pool): Promise<void> {
  deviceSeq += 1;
  const place = { platform: 'xiaohongshu', operation: 'follow', targetUserId: `target-${deviceSeq}` };
  const occurredAt = new Date().toISOString();
  const request = { id: uuidv7(), ...place, deviceId: 'bench', deviceSeq, occurredAt };
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<Wallet>({
      name: 'lock',
      text: 'SELECT balance, last_seq, head FROM naive_wallets WHERE account_id = $1 FOR UPDATE',
      values: [accountId],
    });
    const [wallet] = rows;
    if (wallet === undefined) throw new Error('there is no wallet');
    const after = BigInt(wallet.balance) - price;
    const seq = Number(wallet.last_seq) + 1;
    const recordedAt = new Date();
    const pricing = {
      platform: place.platform,
      operation: place.operation,
      quantity: 1,
      unitPrice: '0.01',
      subtotal: '0.01',
      steps: [],
      unitNet: '0.01',
      total: '0.01',
      pricingVersion: 1,
      k: 1,
    };
    const row = {
      ...request,
      accountId,
      seq,
      kind: 'charge',
      asset: 'CNY',
      quantity: 1,
      amount: `-${yuan(price)}`,
      balanceAfter: yuan(after),
      pricing,
      recordedAt: recordedAt.toISOString(),
    };
    const hash = sha256(`${wallet.head}\n${JSON.stringify(row)}`);
    await client.query({
      name: 'insert',
      text: 'INSERT INTO naive_transactions VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)',
      values: [
        accountId,
        seq,
        request.id,
        'charge',
        'CNY',
        -price,
        after,
        place.platform,
        place.operation,
        place.targetUserId,
        Date.parse(occurredAt),
        recordedAt.getTime(),
        sha256(JSON.stringify(request)),
        hash,
        JSON.stringify({ ...row, prevHash: wallet.head, hash }),
      ],
    });
    await client.query({
      name: 'update',
      text: 'UPDATE naive_wallets SET balance = $2, last_seq = $3, head = $4 WHERE account_id = $1',
      values: [accountId, after, seq, hash],
    });
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

let pool: pg.Pool | undefined;

async function run({ databaseUrl, connections, msMax }: NaiveJob): Promise<Run> {
  if (pool === undefined) {
    pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
    await pool.query(schema);
  }
  const on = pool;
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < msMax) {
      const before = performance.now();
      await chargeOnce(on);
      latenciesMs.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return {
    charges: latenciesMs.length,
    perSecond: (latenciesMs.length * 1_000) / (performance.now() - startedAt),
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
}

process.on('message', (job: NaiveJob) => {
  void run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
