/**
 * Ledgers made up for tests and measurements, chained as a server chains them: of rows that a test names, or a long one of
 * follows of many campaigns on two platforms over a year, with the recharges, refunds and notes between them, which must
 * come out the same each time.
 */
import { hash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Cache } from './database.ts';
import { createMirror, type MirrorAccount } from './mirror.ts';

export const ledgerAccount = {
  id: '018f0000-0000-7000-8000-000000000001',
  name: 'Bench',
  timeZone: 'Asia/Shanghai',
} as const;
/** The ledger's days end here. */
export const ledgerEndMs = Date.UTC(2026, 10, 1);
const yearMs = 365 * 86_400_000;
const campaignFollows = 500;
/** As many rows as a pull takes in at once. */
const pageRows = 1_000;

export type Part = Pick<Transaction, 'kind' | 'amount'> & Partial<Transaction>;

/** Ids as a platform gives them: 24 hexadecimal digits that say nothing of their order. */
export function targetOf(seq: number): string {
  return hash('sha256', `target ${seq}`).slice(0, 24);
}

function uuidOf(kind: number, n: number): string {
  return `018f0000-000${kind}-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

function partOf(seq: number): Part {
  if (seq % 5_000 === 1) return { kind: 'recharge', amount: '10000.00', note: `微信支付 ${seq}` };
  const platform = Math.floor(seq / campaignFollows) % 3 === 0 ? 'douyin' : 'xiaohongshu';
  const campaignId = uuidOf(1, Math.floor(seq / campaignFollows));
  const follow = { platform, operation: 'follow', quantity: 1, targetUserId: targetOf(seq), campaignId };
  if (seq % 700 === 0) return { ...follow, kind: 'refund', amount: '0.95', note: '目标已注销，退款' };
  const pricing: Transaction['pricing'] = {
    platform,
    operation: 'follow',
    quantity: campaignFollows,
    unitPrice: '1.00',
    subtotal: '500.00',
    steps: [
      {
        kind: 'bulk',
        multiplier: '0.95',
        applied: true,
        reason: 'applied',
        fromQuantityExclusive: 100,
        amount: '-25.00',
      },
      { kind: 'member', multiplier: '1', applied: false, reason: 'not_a_member', amount: '0.00' },
    ],
    unitNet: '0.95',
    total: '475.00',
    pricingVersion: 3,
    k: (seq % campaignFollows) + 1,
  };
  return { ...follow, kind: 'charge', amount: '-0.95', deviceId: uuidOf(2, 1), deviceSeq: seq, pricing };
}

/** Rows that follow each other from the first on; `idOf` and `atOf` say what a part does not. */
function* chained(
  accountId: string,
  parts: Iterable<Part>,
  idOf: (seq: number) => string,
  atOf: (seq: number) => string,
): Generator<Transaction> {
  let prevHash: string = genesisHash;
  let balance = 0n;
  let seq = 0;
  for (const part of parts) {
    seq += 1;
    balance += yuan(part.amount);
    const at = atOf(seq);
    const unhashed = {
      accountId,
      seq,
      id: idOf(seq),
      asset: 'CNY',
      occurredAt: at,
      recordedAt: at,
      ...part,
      balanceAfter: yuanText(balance),
    };
    const row = { ...unhashed, prevHash, hash: hash('sha256', chainText(prevHash, unhashed)) };
    yield row;
    prevHash = row.hash;
  }
}

/** The rows a test names, one after the other, at noon in Shanghai unless they say when. */
export function ledgerOf(accountId: string, parts: readonly Part[]): Transaction[] {
  return [
    ...chained(
      accountId,
      parts,
      () => uuidv7(),
      () => '2026-03-01T04:00:00.000Z',
    ),
  ];
}

export function longLedger(rows: number, accountId: string = ledgerAccount.id): Iterable<Transaction> {
  const parts = (function* () {
    for (let seq = 1; seq <= rows; seq += 1) yield partOf(seq);
  })();
  const atOf = (seq: number): string =>
    new Date(ledgerEndMs - yearMs + Math.floor((seq / rows) * yearMs) - 1).toISOString();
  return chained(accountId, parts, (seq) => uuidOf(0, seq), atOf);
}

/**
 * Takes the ledger in as a pull does, page by page, in the place of what the account has. Gives the milliseconds that the
 * mirror itself took for it.
 */
export function fillMirror(cache: Cache, rows: number, account: MirrorAccount = ledgerAccount): number {
  const mirror = createMirror(cache);
  mirror.replace(account, []);
  let tookMs = 0;
  const take = (page: readonly Transaction[]): void => {
    const startedMs = performance.now();
    const broken = mirror.append(account, page);
    tookMs += performance.now() - startedMs;
    if (broken !== null) throw new Error(`row ${broken.seq}: ${broken.fault}`);
  };
  let page: Transaction[] = [];
  for (const row of longLedger(rows, account.id)) {
    page.push(row);
    if (page.length < pageRows) continue;
    take(page);
    page = [];
  }
  if (page.length > 0) take(page);
  return tookMs;
}
