/**
 * What the demonstration proves, read from outside: the executor's own record, the server's ledger over HTTP, the
 * desk's numbers and the workbook must tell one story, and the ledger's invariants must hold when they are tried.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import readXlsxFile from 'read-excel-file/node';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Balance, ChargeBody, Transaction } from '../../shared/api.ts';
import { assetUnits } from '../../shared/assets.ts';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { OutboxItem } from '../../shared/ipc-outbox.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import { amountForCount, amountOfKth } from '../../shared/rating.ts';
import { firstBrokenLink, problemCode, type BillClient } from '../drive/bill-client.ts';
import type { Checks } from './report.ts';

export type Truth = readonly { taskId: string; targetUserId: string; outcome: 'succeeded' | 'failed' }[];

const sumOf = (rows: readonly Transaction[]): Micros => rows.reduce((sum, row) => sum + yuan(row.amount), 0n);
const sorted = (items: readonly string[]): string => items.toSorted().join('\n');

export interface Bill {
  readonly checks: Checks;
  readonly checker: BillClient;
  readonly truth: Truth;
  readonly campaign: Campaign;
  readonly before: { balance: Balance; rows: readonly Transaction[] };
  readonly workbookFile: string;
  readonly deskBalance: string;
}

/** Executor successes = charges = rows in the workbook = money gone, to the cent. */
export async function checkBill({
  checks,
  checker,
  truth,
  campaign,
  before,
  workbookFile,
  deskBalance,
}: Bill): Promise<void> {
  const succeeded = truth.filter((follow) => follow.outcome === 'succeeded');
  checks.equal(
    'follows done by the agent, each task once',
    campaign.counts.total,
    new Set(truth.map((follow) => follow.taskId)).size,
  );
  checks.equal('… and none twice', truth.length, new Set(truth.map((follow) => follow.targetUserId)).size);
  checks.equal('successes the desk counts', succeeded.length, campaign.counts.succeeded);

  const rows = await checker.transactions();
  const charges = rows.filter((row) => row.campaignId === campaign.id);
  checks.equal('charges on the server', succeeded.length, charges.length);
  checks.holds(
    'one charge for each followed target',
    sorted(succeeded.map((f) => f.targetUserId)) === sorted(charges.map((c) => c.targetUserId ?? '')),
    'the same targets',
  );

  const price = yuanText(amountForCount(yuan(campaign.quote?.unitNet ?? '0'), succeeded.length));
  const after = await checker.balance();
  checks.equal('sum of the charges = the quote for that many', price, yuanText(-sumOf(charges)));
  checks.equal(
    'money gone from the balance',
    price,
    yuanText(yuan(before.balance.balance) - yuan(after.balance)),
  );
  checks.equal('spent, as the desk says', price, campaign.spent);
  checks.equal('balance on the desk = balance on the server', after.balance, deskBalance);
  checks.equal('nothing is held any more', '0.00', after.held);
  checks.equal('open holds', 0, (await checker.openHolds()).length);
  await checkWorkbook(checks, workbookFile, charges);
}

const Cell = z.union([z.string(), z.number(), z.date(), z.boolean()]).nullable();

/** Reads the workbook with another library than the one that wrote it, and adds it up. */
async function checkWorkbook(checks: Checks, file: string, charges: readonly Transaction[]): Promise<void> {
  const sheets = z
    .array(z.object({ sheet: z.string(), data: z.array(z.array(Cell)) }))
    .parse(await readXlsxFile(file));
  const details = sheets
    .filter((sheet) => sheet.sheet.startsWith('明细'))
    .flatMap((sheet) => sheet.data.slice(1));
  const header = sheets.find((sheet) => sheet.sheet.startsWith('明细'))?.data[0] ?? [];
  const column = (name: string): number => {
    const place = header.indexOf(name);
    if (place === -1) throw new Error(`the workbook has no column ${name}, only ${header.join(', ')}`);
    return place;
  };
  checks.equal('rows in the workbook', charges.length, details.length);
  // The cells are numbers, as a bill's must be; cents make their sum exact again.
  const cents = details.reduce(
    (sum, row) => sum + BigInt(Math.round(z.number().parse(row[column('金额（元）')]) * 100)),
    0n,
  );
  checks.equal('sum of the workbook', yuanText(sumOf(charges)), yuanText(cents * 10_000n));
  checks.holds(
    'times in the workbook are dates',
    details.every((row) => row[column('时间')] instanceof Date),
    'typed',
  );
  const targets = details.map((row) => String(row[column('目标')]));
  checks.holds(
    'targets in the workbook',
    sorted(targets) === sorted(charges.map((c) => c.targetUserId ?? '')),
    'the same targets',
  );
}

export interface Invariants {
  readonly checks: Checks;
  readonly checker: BillClient;
  readonly finance: BillClient;
  readonly before: readonly Transaction[];
  readonly campaignId: string;
  readonly outbox: readonly OutboxItem[];
}

/** Tries L1 to L5 and L7 to L9 on the living server. L6 is inside the database: see checkVerifier. */
export async function checkInvariants({
  checks,
  checker,
  finance,
  before,
  campaignId,
  outbox,
}: Invariants): Promise<void> {
  const rows = await checker.transactions();
  checks.holds(
    'L1 rows read before are unchanged',
    before.every((row, index) => rows[index]?.hash === row.hash),
    'none edited',
  );
  checks.holds(
    'L1 numbered 1, 2, 3 … without a gap',
    rows.every((row, index) => row.seq === index + 1),
    'no gap',
  );
  const running = new Map<string, bigint>();
  const balances = rows.every(({ asset, amount, balanceAfter }) => {
    const balance = (running.get(asset) ?? 0n) + assetUnits(asset, amount);
    running.set(asset, balance);
    return assetUnits(asset, balanceAfter) === balance;
  });
  checks.holds('L2 each balance = the one before + the amount', balances, 'all of them');
  checks.equal('L2 wallet = last row', rows.at(-1)?.balanceAfter ?? null, (await checker.balance()).balance);

  const charge = rows.findLast((row) => row.campaignId === campaignId && row.kind === 'charge');
  const item = outbox.find((entry) => entry.id === charge?.id);
  if (charge === undefined || item === undefined) throw new Error('the campaign left no charge to try');
  const body = chargeBodyOf(charge, item);
  checks.equal('L3 the same charge sent again is answered', 200, (await checker.charge(body)).status);
  checks.equal(
    'L3 the same id with another content',
    'idempotency_mismatch',
    problemCode(await checker.charge({ ...body, targetUserId: 'somebody-else' })),
  );

  const { available } = await checker.balance();
  const tooMuch = {
    id: uuidv7(),
    kind: 'reserve',
    amount: yuanText(yuan(available) + 10_000n),
    deviceId: 'demo-checker',
  };
  checks.equal(
    'L4 a hold of one cent more than is available',
    'insufficient_balance',
    problemCode(await checker.send('POST', '/holds', tooMuch)),
  );
  const everything = { ...tooMuch, id: uuidv7(), amount: available };
  checks.equal(
    'L4 a hold of all that is available',
    201,
    (await checker.send('POST', '/holds', everything)).status,
  );
  const plain: ChargeBody = {
    id: uuidv7(),
    platform: 'douyin',
    operation: 'follow',
    targetUserId: 'one-too-many',
    deviceId: 'demo-checker',
    deviceSeq: 1,
    occurredAt: new Date().toISOString(),
  };
  checks.equal(
    'L5 a charge when nothing is left',
    'insufficient_balance',
    problemCode(await checker.charge(plain)),
  );
  await checker.send('POST', `/holds/${everything.id}/release`);
  checks.holds(
    'L5 no balance was ever below zero',
    rows.every((row) => yuan(row.balanceAfter) >= 0n),
    'never',
  );

  await checkReversal(checks, finance, charge);
  const final = await checker.transactions();
  checks.equal('L8 first row that breaks the chain', null, firstBrokenLink(final));
  checks.holds(
    'L8 the server signed this head',
    await checker.checkpointHolds(final.at(-1)?.hash ?? ''),
    'Ed25519',
  );
  const explained = final.filter((row) => row.campaignId === campaignId && row.kind === 'charge');
  const right = explained.every(
    (row) =>
      row.pricing !== undefined &&
      -yuan(row.amount) === amountOfKth(yuan(row.pricing.unitNet), row.pricing.k),
  );
  checks.holds(
    'L9 each charge follows from its stored price and place',
    right,
    `version ${explained[0]?.pricing?.pricingVersion}`,
  );
}

/** L7 on one charge: a part back, then more than is left refused. */
async function checkReversal(checks: Checks, finance: BillClient, charge: Transaction): Promise<void> {
  const part = { id: uuidv7(), chargeId: charge.id, amount: '0.45', reason: '演示：部分退款' };
  checks.equal(
    'L7 a part of a charge given back',
    201,
    (await finance.send('POST', '/billing/refunds', part)).status,
  );
  const rest = { ...part, id: uuidv7(), amount: yuanText(-yuan(charge.amount)) };
  checks.equal(
    'L7 more than is left of it',
    'refund_exceeds',
    problemCode(await finance.send('POST', '/billing/refunds', rest)),
  );
}

function chargeBodyOf(charge: Transaction, item: OutboxItem): ChargeBody {
  const { id, platform, operation, targetUserId, campaignId, holdId, deviceId, deviceSeq, occurredAt } =
    charge;
  if (
    platform === undefined ||
    operation === undefined ||
    targetUserId === undefined ||
    campaignId === undefined
  )
    throw new Error('not a follow');
  if (holdId === undefined || deviceId === undefined || deviceSeq === undefined)
    throw new Error('not a desk charge');
  return {
    id,
    platform,
    operation,
    targetUserId,
    campaignId,
    holdId,
    deviceId,
    deviceSeq,
    occurredAt,
    expectedAmount: item.amount,
  };
}

/** L6 and all the rest once more, inside the database: the server's own verifier, run as its command. */
export async function checkVerifier(
  checks: Checks,
  options: { dataDir: string; databaseUrl: string | undefined },
): Promise<void> {
  const { DATABASE_URL: _ours, ...environment } = process.env;
  const verifier = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../server/start.ts'), 'verify-ledger', '--data-dir', options.dataDir],
    {
      env: {
        ...environment,
        ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      },
      encoding: 'utf8',
    },
  );
  process.stdout.write(verifier.stdout.replace(/^(?=.)/gm, '    '));
  checks.equal('L1–L9 inside the database (grants, holds, chain): verifier', 0, verifier.status);
}
