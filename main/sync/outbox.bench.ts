/**
 * Measures enqueueing a charge, durable at each commit, against a bare better-sqlite3 insert of the same row into a
 * table without any rule, in one run and in turns, so that what the disk does hits both alike. Prints its rows as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { v7 as uuidv7 } from 'uuid';
import { openCache } from '../cache/database.ts';
import type { NewCharge } from './charge.ts';
import { createOutbox } from './outbox.ts';

/** A journal that still grows makes the disk wait longer; in these turns both have been filled and begun again. */
const turnsToFill = 20;
const roundCount = 40;
const insertsARound = 100;

function newCharge(index: number): NewCharge {
  return {
    id: uuidv7(),
    accountId: '018f0000-0000-7000-8000-000000000001',
    campaignId: '018f0000-0000-7000-8000-000000000002',
    taskId: uuidv7(),
    holdId: '018f0000-0000-7000-8000-000000000003',
    platform: 'xiaohongshu',
    operation: 'follow',
    targetUserId: `target-${index}`,
    expectedAmount: 950_000n,
    occurredAtMs: Date.now(),
  };
}

/** The same columns, durability and transaction, and nothing else: no index beyond the key, no number, no check. */
function bareInsert(file: string): (charge: NewCharge) => void {
  const sql = new Database(file);
  sql.pragma('journal_mode = WAL');
  sql.pragma('synchronous = FULL');
  sql.exec(
    'CREATE TABLE bare (id TEXT PRIMARY KEY, account TEXT, campaign TEXT, task TEXT, hold TEXT, platform TEXT, operation TEXT, target TEXT, amount INTEGER, at INTEGER)',
  );
  const insert = sql.prepare('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return (charge) => {
    insert.run(
      charge.id,
      charge.accountId,
      charge.campaignId,
      charge.taskId,
      charge.holdId,
      charge.platform,
      charge.operation,
      charge.targetUserId,
      charge.expectedAmount,
      charge.occurredAtMs,
    );
  };
}

function timeMs(work: (charge: NewCharge) => void): number {
  const charges = Array.from({ length: insertsARound }, (_, index) => newCharge(index));
  const startedAt = performance.now();
  for (const charge of charges) work(charge);
  return performance.now() - startedAt;
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
try {
  const opened = openCache(join(folder, 'desk'), Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  const { cache } = opened;
  const outbox = createOutbox(cache, 'bench-device');
  const enqueue = (charge: NewCharge): void => {
    cache.transaction(() => outbox.enqueue(charge));
  };
  const bare = bareInsert(join(folder, 'bare.db'));
  for (let turn = 0; turn < turnsToFill; turn += 1) {
    timeMs(enqueue);
    timeMs(bare);
  }
  const oursMs: number[] = [];
  const bareMs: number[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    oursMs.push(timeMs(enqueue));
    bareMs.push(timeMs(bare));
  }
  const perSecond = (timesMs: readonly number[]): number => (insertsARound * 1_000) / middle(timesMs);
  cache.close();
  console.log(
    JSON.stringify([
      {
        name: 'outbox enqueue (synchronous=FULL)',
        unit: 'charges/s',
        ours: perSecond(oursMs),
        reference: perSecond(bareMs),
        referenceName: `a bare better-sqlite3 insert of the same row, medians of ${roundCount} turns`,
        bar: { atLeast: 0.8 },
      },
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
