/**
 * Random sequences of operations against a model that knows no database, on PGlite and on PostgreSQL alike: after
 * each step the ledger must have answered like the model and stand where it stands. fast-check prints the seed of a
 * failure.
 */
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargeBody, HoldBody } from '../../shared/api.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { ChargeOutcome } from './charges.ts';
import { chargeBody, holdBody, ledgerFixture, startMs, testBook, type LedgerFixture } from './fixture.ts';
import { Model, type ModelHold } from './model.ts';
import type { Refused } from './refusal.ts';
import { verifyLedger } from './verify.ts';

/** Operations of each policy, a charge of a batch being one; ZHANGTAI_MODEL_OPERATIONS for a longer search. */
const operationsWanted = Number(process.env['ZHANGTAI_MODEL_OPERATIONS'] ?? '10000');
/** Milliseconds that one may take on a machine that is busy with other things. */
const operationMsMax = 30;
/** Sequences between two looks at how many operations there were. */
const sequencesTogether = 10;

const unitNet = yuan('0.333');
/** Where ¥1.50 may be owed, 15 units may. */
const microsOfUnitOwed = 100_000n;
const minuteMs = 60_000;

/** Indexes point into what exists at that moment. */
type Step =
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'recharge'; readonly cents: number; readonly priority: number; readonly minutes?: number }
  | { readonly do: 'adjust'; readonly cents: number }
  | { readonly do: 'hold'; readonly quantity: number; readonly reserve: boolean; readonly minutes: number }
  | { readonly do: 'extend'; readonly hold: number; readonly minutes: number }
  | { readonly do: 'release'; readonly hold: number }
  | { readonly do: 'charge'; readonly lines: readonly Line[] }
  | { readonly do: 'refund'; readonly charge: number; readonly cents: number | undefined }
  | { readonly do: 'repeat'; readonly operation: number; readonly altered: boolean }
  | UnitStep;
/** What is done with an asset beside money; `asset` points into `unitAssets`. */
type UnitStep = { readonly asset: number } & (
  | { readonly do: 'grant'; readonly units: number; readonly priority: number; readonly minutes?: number }
  | { readonly do: 'use'; readonly units: number; readonly begun: boolean }
  | { readonly do: 'hold_units'; readonly units: number; readonly minutes: number }
  | { readonly do: 'capture'; readonly hold: number; readonly units: number | undefined }
  | { readonly do: 'release_units'; readonly hold: number }
  | { readonly do: 'return'; readonly charge: number; readonly units: number | undefined }
);
/** A charge is new, a replay, another content of a known id, or another id for a known target. */
interface Line {
  readonly how: 'new' | 'again' | 'altered' | 'twin';
  readonly pick: number;
  readonly hold: number | undefined;
}

const pick = fc.nat(200);
const minutes = fc.integer({ min: 1, max: 60 });
const line: fc.Arbitrary<Line> = fc.record({
  how: fc.constantFrom('new', 'new', 'new', 'new', 'again', 'altered', 'twin'),
  pick,
  hold: fc.option(pick, { nil: undefined }),
});
/** One that is never owed unless somebody says so, and one that is from the start. */
const unitAssets = ['IMAGE_QUOTA', 'POINT'] as const;
const asset = fc.nat(unitAssets.length - 1);
const units = (max: number) => fc.integer({ min: 1, max });
const cents = (max: number) => fc.integer({ min: 1, max });
const kind = <const K extends Step['do']>(name: K) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: kind('wait'), minutes: fc.integer({ min: 1, max: 10 }) }) },
  {
    weight: 3,
    arbitrary: fc.record(
      { do: kind('recharge'), cents: cents(2_500), priority: fc.nat(1), minutes },
      { requiredKeys: ['do', 'cents', 'priority'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: kind('adjust'),
      cents: fc.integer({ min: -300, max: 300 }).filter((amount) => amount !== 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: kind('hold'),
      quantity: fc.integer({ min: 1, max: 24 }),
      reserve: fc.boolean(),
      minutes,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: kind('extend'), hold: pick, minutes }) },
  { weight: 1, arbitrary: fc.record({ do: kind('release'), hold: pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: kind('charge'),
      lines: fc.array(line, { minLength: 1, maxLength: 24, size: 'max' }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: kind('refund'),
      charge: pick,
      cents: fc.option(cents(40), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: kind('repeat'), operation: pick, altered: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record(
      { do: kind('grant'), asset, units: units(40), priority: fc.nat(1), minutes },
      { requiredKeys: ['do', 'asset', 'units', 'priority'] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: kind('use'), asset, units: fc.nat(16), begun: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: kind('hold_units'), asset, units: units(24), minutes }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: kind('capture'),
      asset,
      hold: pick,
      units: fc.option(fc.nat(24), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: kind('release_units'), asset, hold: pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: kind('return'),
      asset,
      charge: pick,
      units: fc.option(units(8), { nil: undefined }),
    }),
  },
);

type Answer = { readonly replayed: boolean } | Refused;

/** One sequence on an account of its own. */
interface Run {
  readonly account: string;
  readonly model: Model<ChargeBody>;
  /** By asset, what is reckoned of each beside money; a charge there is its id. */
  readonly units: ReadonlyMap<string, Model<string>>;
  readonly debtLimit: Micros;
  /** What was accepted under an id other than a charge's, to be asked again. */
  readonly accepted: ((altered: boolean) => Promise<Answer>)[];
}

function at<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(1, list.length)];
}

function said(outcome: ChargeOutcome): string {
  if (outcome.status === 'rejected') return outcome.refused.code;
  return `${outcome.status} ${outcome.charge.amount}`;
}

const cent = (count: number): Micros => BigInt(count) * 10_000n;

/** Asks for something under an id of its own; once accepted it can be repeated. */
async function once(
  run: Run,
  expected: string,
  send: (altered: boolean) => Promise<Answer>,
): Promise<number> {
  const answer = await send(false);
  expect('refused' in answer ? answer.refused.code : answer.replayed ? 'replayed' : 'posted').toBe(expected);
  if (expected === 'posted') run.accepted.push(send);
  return 1;
}

async function repeat(run: Run, { operation, altered }: Extract<Step, { do: 'repeat' }>): Promise<number> {
  const send = at(run.accepted, operation);
  if (send === undefined) return 0;
  const answer = await send(altered);
  expect('refused' in answer ? answer.refused.code : answer.replayed).toBe(
    altered ? 'idempotency_mismatch' : true,
  );
  return 1;
}

/** On the database of the URL that this gives, or on PGlite. */
export function modelSuite(newDatabase: () => Promise<string | undefined>): void {
  let it: LedgerFixture;
  /** Who corrects. */
  let finance: string;
  beforeAll(async () => {
    it = await ledgerFixture(await newDatabase());
    finance = await it.newAccount();
    // A price that does not come out in whole cents, so that the k-th charge matters.
    const price = { platform: 'xiaohongshu', operation: 'follow', unitPrice: '0.333', tiers: [] };
    it.prices.book = {
      ...testBook,
      prices: [{ ...price, effectiveAt: testBook.updatedAt }],
      memberDiscounts: [],
    };
  });
  afterAll(() => it.close());

  async function take(run: Run, next: Step): Promise<number> {
    const { model } = run;
    if (next.do === 'wait') {
      // The next operation finds what is over by then.
      it.clock.nowMs += next.minutes * minuteMs;
      for (const each of [model, ...run.units.values()]) each.nowMs = it.clock.nowMs;
      return 0;
    }
    for (const each of [model, ...run.units.values()]) each.settle();
    const operations = await ask(run, next);
    await compare(run);
    return operations;
  }

  /** How many operations it was. */
  function ask(run: Run, next: Exclude<Step, { do: 'wait' }>): Promise<number> {
    switch (next.do) {
      case 'recharge':
        return recharge(run, cent(next.cents), next.priority, next.minutes);
      case 'adjust':
        return adjust(run, cent(next.cents));
      case 'hold':
        return placeHold(run, next);
      case 'extend':
      case 'release':
        return changeHold(run, next);
      case 'charge':
        return charge(run, next.lines);
      case 'refund':
        return refund(run, next);
      case 'repeat':
        return repeat(run, next);
      default:
        return askUnits(run, next);
    }
  }

  async function askUnits(run: Run, next: UnitStep): Promise<number> {
    const name = unitAssets[next.asset] ?? unitAssets[0];
    const model = run.units.get(name);
    if (model === undefined) throw new Error(`nothing is reckoned of ${name}`);
    const of = { run, model, asset: name };
    switch (next.do) {
      case 'grant':
        return grant(of, next);
      case 'use':
        return use(of, next);
      case 'hold_units':
        return holdUnits(of, next);
      case 'capture':
      case 'release_units':
        return endUnits(of, next);
      case 'return':
        return giveBack(of, next);
      default:
        return next satisfies never;
    }
  }

  /** An account's units of one asset. */
  interface Units {
    readonly run: Run;
    readonly model: Model<string>;
    readonly asset: string;
  }

  function grant(
    { run, model, asset: name }: Units,
    next: Extract<UnitStep, { do: 'grant' }>,
  ): Promise<number> {
    const { nowMs } = it.clock;
    const expiresAtMs = next.minutes === undefined ? undefined : nowMs + next.minutes * minuteMs;
    const amount = BigInt(next.units);
    const input = {
      id: uuidv7(),
      accountId: run.account,
      asset: name,
      occurredAtMs: nowMs,
      source: 'gift' as const,
      priority: next.priority,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    };
    return once(run, model.recharge(input.id, amount, next.priority, expiresAtMs), (altered) =>
      it.ledger.grant({ ...input, amount: altered ? amount + 1n : amount }),
    );
  }

  function use({ run, model, asset: name }: Units, next: Extract<UnitStep, { do: 'use' }>): Promise<number> {
    const id = uuidv7();
    const amount = BigInt(next.units);
    const input = {
      id,
      accountId: run.account,
      asset: name,
      occurredAtMs: it.clock.nowMs,
      begun: next.begun,
    };
    return once(run, model.use(id, amount, next.begun), (altered) =>
      it.ledger.use({ ...input, amount, content: { asked: altered ? 'otherwise' : next.units } }),
    );
  }

  function holdUnits(
    { run, model, asset: name }: Units,
    next: Extract<UnitStep, { do: 'hold_units' }>,
  ): Promise<number> {
    const expiresInMs = next.minutes * minuteMs;
    const amount = BigInt(next.units);
    const input = { id: uuidv7(), accountId: run.account, asset: name, amount, expiresInMs };
    return once(run, model.placeHold(input.id, amount, it.clock.nowMs + expiresInMs), (altered) =>
      it.ledger.holdUnits({ ...input, service: altered ? 'another' : 'drawing' }),
    );
  }

  async function endUnits(
    { run, model, asset: name }: Units,
    next: Extract<UnitStep, { do: 'capture' | 'release_units' }>,
  ): Promise<number> {
    const hold = at(model.holds, next.hold);
    if (hold === undefined) return 0;
    const of = { accountId: run.account, asset: name, holdId: hold.id };
    if (next.do === 'release_units') {
      const answer = await it.ledger.releaseUnits(of);
      expect('refused' in answer ? answer.refused.code : answer.state).toBe(model.release(hold));
      return 1;
    }
    const id = uuidv7();
    const amount = next.units === undefined ? hold.amount : BigInt(next.units);
    const input = { ...of, id, occurredAtMs: it.clock.nowMs };
    return once(run, model.capture(id, hold, amount), (altered) =>
      it.ledger.captureUnits({ ...input, amount: altered ? amount + 1n : amount }),
    );
  }

  function giveBack(
    { run, model }: Units,
    next: Extract<UnitStep, { do: 'return' }>,
  ): Promise<number> | number {
    const charged = at(model.charges, next.charge);
    if (charged === undefined) return 0;
    const amount = next.units === undefined ? undefined : BigInt(next.units);
    const input = {
      id: uuidv7(),
      accountId: run.account,
      chargeId: charged.body,
      ...(amount === undefined ? {} : { amount }),
    };
    return once(run, model.refund(input.id, charged, amount), (altered) =>
      it.ledger.returnUse({ ...input, reason: altered ? 'altered' : 'test' }),
    );
  }

  function recharge(
    run: Run,
    amount: Micros,
    priority: number,
    lifeMinutes: number | undefined,
  ): Promise<number> {
    const { nowMs } = it.clock;
    const expiresAtMs = lifeMinutes === undefined ? undefined : nowMs + lifeMinutes * minuteMs;
    const input = {
      id: uuidv7(),
      accountId: run.account,
      occurredAtMs: nowMs,
      source: 'test',
      priority,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    };
    return once(run, run.model.recharge(input.id, amount, priority, expiresAtMs), (altered) =>
      it.ledger.recharge({ ...input, amount: altered ? amount + 1n : amount }),
    );
  }

  /** Finance's correction, small enough for one person. */
  function adjust(run: Run, amount: Micros): Promise<number> {
    const content = { id: uuidv7(), accountId: run.account, asset: 'CNY', amount, askedBy: finance };
    return once(run, run.model.adjust(content.id, amount), (altered) =>
      it.ledger.adjust({ ...content, reason: altered ? 'altered' : 'test' }),
    );
  }

  function placeHold(
    run: Run,
    { quantity, reserve, minutes: life }: Extract<Step, { do: 'hold' }>,
  ): Promise<number> {
    const { model, account } = run;
    const expiresInSeconds = life * 60;
    const amount = model.quoted(quantity);
    const body: HoldBody = reserve
      ? { id: uuidv7(), kind: 'reserve', amount: yuanText(amount), deviceId: 'device-1', expiresInSeconds }
      : holdBody(quantity, { expiresInSeconds });
    const expected = model.placeHold(
      body.id,
      reserve ? amount : quantity,
      it.clock.nowMs + expiresInSeconds * 1_000,
    );
    return once(run, expected, (altered) =>
      it.ledger.createHold(account, altered ? { ...body, deviceId: 'altered' } : body),
    );
  }

  async function changeHold(
    { account, model }: Run,
    next: Extract<Step, { do: 'extend' | 'release' }>,
  ): Promise<number> {
    const hold = at(model.holds, next.hold);
    if (hold === undefined) return 0;
    const { id } = hold;
    const expected =
      next.do === 'release'
        ? model.release(hold)
        : model.extend(hold, it.clock.nowMs + next.minutes * minuteMs);
    const answer =
      next.do === 'release'
        ? await it.ledger.releaseHold(account, id)
        : await it.ledger.extendHold(account, id, next.minutes * 60);
    expect('refused' in answer ? answer.refused.code : answer.state).toBe(expected);
    return 1;
  }

  async function charge({ account, model }: Run, lines: readonly Line[]): Promise<number> {
    const bodies: ChargeBody[] = [];
    const expected: string[] = [];
    for (const { how, pick: place, hold: holdPlace } of lines) {
      const known = how === 'new' ? undefined : at(model.charges, place);
      if (known === undefined) {
        const hold = holdPlace === undefined ? undefined : at(model.holds, holdPlace);
        const body = chargeBody(hold === undefined ? {} : { holdId: hold.id });
        bodies.push(body);
        expected.push(model.charge(body, hold));
      } else if (how === 'twin') {
        const body = chargeBody({ ...known.body, id: uuidv7() });
        bodies.push(body);
        // A hold's campaign charges a target once; without a campaign it may be charged again.
        expected.push(inCampaign(known.hold) ? 'duplicate_target' : model.charge(body, known.hold));
      } else {
        bodies.push(how === 'again' ? known.body : { ...known.body, targetUserId: 'altered' });
        expected.push(how === 'again' ? `replayed ${yuanText(known.amount)}` : 'idempotency_mismatch');
      }
    }
    const outcomes = await it.ledger.chargeBatch(account, bodies);
    expect(outcomes.map(said)).toEqual(expected);
    return bodies.length;
  }

  async function refund(run: Run, next: Extract<Step, { do: 'refund' }>): Promise<number> {
    const charged = at(run.model.charges, next.charge);
    if (charged === undefined) return 0;
    const amount = next.cents === undefined ? undefined : cent(next.cents);
    const input = {
      id: uuidv7(),
      accountId: run.account,
      chargeId: charged.body.id,
      ...(amount === undefined ? {} : { amount }),
    };
    return once(run, run.model.refund(input.id, charged, amount), (altered) =>
      it.ledger.refund({ ...input, reason: altered ? 'altered' : 'test' }),
    );
  }

  /** Conservation, bounds, holds, and what each batch has left (which is where the order of use shows). */
  async function compare({ account, model, units: others, debtLimit }: Run): Promise<void> {
    // Ends what a refusal left as it was, or a refund filled again after its time.
    const balance = await it.ledger.balance(account);
    const all: [string, Model<unknown>][] = [['CNY', model], ...others];
    for (const [, each] of all) each.settle();
    const rows = all.reduce((sum, [, each]) => sum + each.rows, 0);
    const states = await it.database.query<State>(stateSql, [account, all.map(([name]) => name)]);
    for (const [index, [name, each]] of all.entries())
      compareAsset(each, states[index], rows, name === 'CNY' ? debtLimit : debtLimit / microsOfUnitOwed);
    expect(balance).toMatchObject({
      balance: yuanText(model.balance),
      held: yuanText(model.held),
      seq: rows,
    });
  }

  test.each([
    ['that is strict', '0.00'],
    ['that may owe', '1.50'],
  ])(
    `an account %s answers like the model in ${operationsWanted} operations, and verifies (L1 to L8)`,
    async (_, limit) => {
      const debtLimit = yuan(limit);
      const tally = { operations: 0 };
      const sequence = fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
        async (steps) => {
          it.clock.nowMs = startMs;
          const account = await it.newAccount({ debtLimit: limit });
          const model = new Model<ChargeBody>(unitNet, debtLimit, startMs);
          const owed = debtLimit / microsOfUnitOwed;
          const units = new Map<string, Model<string>>();
          for (const name of unitAssets) {
            await it.ledger.setDebtLimit(account, owed, name);
            units.set(name, new Model<string>(0n, owed, startMs, 'insufficient_units'));
          }
          const run: Run = { account, model, units, debtLimit, accepted: [] };
          for (const next of steps) tally.operations += await take(run, next);
          expect((await verifyLedger(it.database, account)).faults).toEqual([]);
        },
      );
      while (tally.operations < operationsWanted) await fc.assert(sequence, { numRuns: sequencesTogether });
    },
    60_000 + operationsWanted * operationMsMax,
  );
}

function compareAsset(model: Model<unknown>, state: State | undefined, rows: number, limit: bigint): void {
  expect(state).toEqual({
    balance: model.balance,
    held: model.held,
    last_seq: BigInt(rows),
    rows: BigInt(model.rows),
    sum: model.balance,
    batches: model.batches
      .map(({ id, remaining }): [string, string] => [id, remaining.toString()])
      .toSorted(byId),
    holds: model.holds.map(heldColumns).toSorted(byId),
  });
  expect(model.held).toBeGreaterThanOrEqual(0n);
  expect(model.balance - model.held).toBeGreaterThanOrEqual(-limit);
  const left = model.batches.reduce((sum, { remaining }) => sum + remaining, 0n);
  expect(left - (model.balance < 0n ? -model.balance : 0n), 'batches less debt are the balance').toBe(
    model.balance,
  );
  for (const { remaining, amount } of model.batches)
    expect(remaining >= 0n && remaining <= amount, 'a batch has from nothing to all of it left').toBe(true);
}

function inCampaign(hold: ModelHold | undefined): boolean {
  return hold !== undefined && hold.quantity !== null;
}

interface State {
  readonly balance: bigint;
  readonly held: bigint;
  readonly last_seq: bigint;
  readonly rows: bigint;
  readonly sum: bigint;
  readonly batches: [id: string, remaining: string][];
  readonly holds: HeldColumns[];
}
type HeldColumns = [
  id: string,
  state: string,
  captured: string,
  capturedCount: number,
  late: number,
  released: string,
];

function heldColumns({ id, state, amount, captured, capturedCount, lateCount }: ModelHold): HeldColumns {
  const released = state === 'open' ? 0n : amount - captured;
  return [id, state, captured.toString(), capturedCount, lateCount, released.toString()];
}

function byId([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return a < b ? -1 : 1;
}

/** Where these assets of the account stand by every table that can say so. */
const stateSql = `
  SELECT coalesce(w.balance, 0) AS balance, coalesce(w.held, 0) AS held, coalesce(h.last_seq, 0) AS last_seq,
    t.rows, t.sum,
    (SELECT coalesce(json_agg(json_build_array(id, remaining::text) ORDER BY id), '[]')
     FROM grants WHERE account_id = $1 AND asset = wanted.asset) AS batches,
    (SELECT coalesce(json_agg(json_build_array(id, state, captured::text, captured_count, late_count, released::text)
       ORDER BY id), '[]')
     FROM holds WHERE account_id = $1 AND asset = wanted.asset) AS holds
  FROM unnest($2::text[]) WITH ORDINALITY AS wanted (asset, place)
  CROSS JOIN LATERAL (
    SELECT count(*) AS rows, coalesce(sum(amount), 0)::bigint AS sum FROM transactions
    WHERE account_id = $1 AND asset = wanted.asset
  ) AS t
  LEFT JOIN ledger_heads h ON h.account_id = $1
  LEFT JOIN wallets w ON w.account_id = $1 AND w.asset = wanted.asset
  ORDER BY wanted.place`;
