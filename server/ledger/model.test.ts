/**
 * Random sequences of operations against a model that knows no database: after each step the ledger must have
 * answered like the model and stand where it stands. fast-check prints the seed of a failure; each one found is to
 * be kept below as an example.
 */
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargeBody, HoldBody } from '../../shared/api.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { amountOfKth } from '../../shared/rating.ts';
import type { ChargeOutcome } from './charges.ts';
import { chargeBody, holdBody, ledgerFixture, testBook, type LedgerFixture } from './fixture.ts';
import { verifyLedger } from './verify.ts';

let it: LedgerFixture;
/** Who corrects. */
let finance: string;
beforeAll(async () => {
  it = await ledgerFixture();
  finance = await it.newAccount();
  // A price that does not come out in whole cents, so that the k-th charge matters.
  it.prices.book = {
    ...testBook,
    prices: [
      {
        platform: 'xiaohongshu',
        operation: 'follow',
        unitPrice: '0.333',
        effectiveAt: testBook.updatedAt,
        tiers: [],
      },
    ],
    memberDiscounts: [],
  };
});
afterAll(() => it.close());

const unitNet = yuan('0.333');
const single = amountOfKth(unitNet, 1);

/** Indexes point into what exists at that moment; each charge is new, a replay, or another content of a known id. */
type Step =
  | { readonly do: 'recharge' | 'adjust'; readonly cents: number }
  | { readonly do: 'hold'; readonly quantity: number }
  | { readonly do: 'charge'; readonly lines: readonly Line[] }
  | { readonly do: 'release'; readonly hold: number }
  | { readonly do: 'expire'; readonly hold: number }
  | { readonly do: 'refund'; readonly charge: number; readonly cents: number | undefined };
interface Line {
  readonly how: 'new' | 'again' | 'altered';
  readonly pick: number;
  readonly hold: number | undefined;
}

const pick = fc.nat(50);
const line: fc.Arbitrary<Line> = fc.record({
  how: fc.constantFrom('new', 'new', 'new', 'again', 'altered'),
  pick,
  hold: fc.option(pick, { nil: undefined }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('recharge' as const), cents: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('adjust' as const),
      cents: fc.integer({ min: -200, max: 200 }).filter((cents) => cents !== 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('hold' as const), quantity: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('charge' as const),
      lines: fc.array(line, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), hold: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), hold: pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      charge: pick,
      cents: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    }),
  },
);

interface ModelHold {
  readonly body: HoldBody;
  readonly quantity: number;
  open: boolean;
  taken: number;
  held: bigint;
}
interface ModelCharge {
  readonly body: ChargeBody;
  amount: bigint;
  refunded: bigint;
}

class Model {
  /** How far below zero the account may go. */
  readonly debtLimit: bigint;
  balance = 0n;
  rows = 0;
  readonly holds: ModelHold[] = [];
  readonly charges: ModelCharge[] = [];

  constructor(debtLimit: bigint) {
    this.debtLimit = debtLimit;
  }

  get held(): bigint {
    return this.holds.reduce((sum, hold) => sum + hold.held, 0n);
  }

  get spendable(): bigint {
    return this.balance - this.held + this.debtLimit;
  }

  /** What the ledger must say to a charge that it has not seen. */
  charge(body: ChargeBody, hold: ModelHold | undefined): string {
    const k = hold === undefined ? 1 : hold.taken + 1;
    if (hold === undefined && this.balance < 0n) return 'debt_outstanding';
    if (hold !== undefined && k > hold.quantity) return 'hold_exceeded';
    const amount = hold === undefined ? single : amountOfKth(unitNet, k);
    const fromHold = hold?.open === true;
    if (!fromHold && amount > this.spendable) return 'insufficient_balance';
    if (fromHold) hold.held -= amount;
    if (hold !== undefined) hold.taken = k;
    this.balance -= amount;
    this.rows += 1;
    this.charges.push({ body, amount, refunded: 0n });
    return `charged ${yuanText(amount)}`;
  }
}

function said(outcome: ChargeOutcome): string {
  if (outcome.status === 'rejected') return outcome.refused.code;
  return `${outcome.status} ${outcome.charge.amount}`;
}

function at<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(1, list.length)];
}

/** One sequence on an account of its own. */
interface Run {
  readonly account: string;
  readonly model: Model;
}

async function take(run: Run, step: Step): Promise<void> {
  switch (step.do) {
    case 'recharge':
      await recharge(run, BigInt(step.cents) * 10_000n);
      break;
    case 'adjust':
      await adjust(run, BigInt(step.cents) * 10_000n);
      break;
    case 'hold':
      await placeHold(run, step.quantity);
      break;
    case 'charge':
      await charge(run, step.lines);
      break;
    case 'release':
      await endHold(run, at(run.model.holds, step.hold), 'release');
      break;
    case 'expire':
      await endHold(run, at(run.model.holds, step.hold), 'expire');
      break;
    case 'refund':
      await refund(run, at(run.model.charges, step.charge), step.cents);
      break;
  }
  const { account, model } = run;
  const balance = await it.ledger.balance(account);
  expect(balance).toMatchObject({
    balance: yuanText(model.balance),
    held: yuanText(model.held),
    seq: model.rows,
  });
  expect(yuan(balance.available)).toBeGreaterThanOrEqual(-model.debtLimit);
}

/** Finance's correction, small enough for one person. */
async function adjust({ account, model }: Run, amount: bigint): Promise<void> {
  const content = { accountId: account, asset: 'CNY', amount, reason: 'test', askedBy: finance };
  const answer = await it.ledger.adjust({ id: uuidv7(), ...content });
  const fits = -amount <= model.spendable;
  expect('adjustment' in answer).toBe(fits);
  if (!fits) return;
  model.balance += amount;
  model.rows += 1;
}

async function recharge({ account, model }: Run, amount: bigint): Promise<void> {
  const { clock, ledger } = it;
  await ledger.recharge({
    id: uuidv7(),
    accountId: account,
    amount,
    occurredAtMs: clock.nowMs,
    source: 'test',
  });
  model.balance += amount;
  model.rows += 1;
}

async function placeHold({ account, model }: Run, quantity: number): Promise<void> {
  const body = holdBody(quantity);
  const amount = Array.from({ length: quantity }, (_, k) => amountOfKth(unitNet, k + 1)).reduce(
    (a, b) => a + b,
  );
  const answer = await it.ledger.createHold(account, body);
  const fits = model.balance >= 0n && amount <= model.balance - model.held;
  expect('hold' in answer).toBe(fits);
  if (fits) model.holds.push({ body, quantity, open: true, taken: 0, held: amount });
}

async function charge({ account, model }: Run, lines: readonly Line[]): Promise<void> {
  const bodies: ChargeBody[] = [];
  const expected: string[] = [];
  for (const { how, pick, hold: holdPick } of lines) {
    const known = at(model.charges, pick);
    if (how !== 'new' && known !== undefined) {
      bodies.push(how === 'again' ? known.body : { ...known.body, targetUserId: 'altered' });
      expected.push(how === 'again' ? `replayed ${yuanText(known.amount)}` : 'idempotency_mismatch');
      continue;
    }
    const hold = holdPick === undefined ? undefined : at(model.holds, holdPick);
    const body = chargeBody(hold === undefined ? {} : { holdId: hold.body.id });
    bodies.push(body);
    expected.push(model.charge(body, hold));
  }
  const outcomes = await it.ledger.chargeBatch(account, bodies);
  expect(outcomes.map(said)).toEqual(expected);
}

async function endHold(
  { account }: Run,
  hold: ModelHold | undefined,
  how: 'release' | 'expire',
): Promise<void> {
  if (hold === undefined) return;
  if (how === 'release') await it.ledger.releaseHold(account, hold.body.id);
  // Time passes for one hold only, so that the model stays simple.
  else
    await it.database.query('UPDATE holds SET expires_at_ms = $2 WHERE id = $1', [
      hold.body.id,
      it.clock.nowMs,
    ]);
  hold.open = false;
  hold.held = 0n;
}

async function refund(
  { account, model }: Run,
  charge: ModelCharge | undefined,
  cents: number | undefined,
): Promise<void> {
  if (charge === undefined) return;
  const left = charge.amount - charge.refunded;
  const amount = cents === undefined ? left : BigInt(cents) * 10_000n;
  const answer = await it.ledger.refund({
    id: uuidv7(),
    accountId: account,
    chargeId: charge.body.id,
    reason: 'test',
    ...(cents === undefined ? {} : { amount }),
  });
  const fits = amount > 0n && amount <= left;
  expect('transaction' in answer).toBe(fits);
  if (!fits) return;
  charge.refunded += amount;
  model.balance += amount;
  model.rows += 1;
}

/** Sequences of each policy, of 25 operations on average; ZHANGTAI_MODEL_RUNS for a longer search. */
const runs = Number(process.env['ZHANGTAI_MODEL_RUNS'] ?? '75');
/** Milliseconds that one may take on a machine that is busy with other things. */
const runMsMax = 1_500;

test.each([
  ['that is strict', '0.00'],
  ['that may owe', '1.50'],
])(
  'an account %s answers like the model and verifies after every sequence (L1 to L8)',
  async (_, debtLimit) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const account = await it.newAccount({ balance: '2.00', debtLimit });
        const run: Run = { account, model: new Model(yuan(debtLimit)) };
        run.model.balance = yuan('2.00');
        run.model.rows = 1;
        for (const next of steps) await take(run, next);
        expect((await verifyLedger(it.database, run.account)).faults).toEqual([]);
      }),
      { numRuns: runs },
    );
  },
  60_000 + runs * runMsMax,
);
