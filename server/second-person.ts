/**
 * Which acts of the office need a second person, and what each of them does once that person says yes: in one
 * transaction with the decision. It must never do an act that is not exactly what was asked for.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  GrantBody,
  PutCatalogueBody,
  PutMeteringCatalogueBody,
  PutPricingBody,
  RechargeRefundBody,
  RefundBody,
} from '../shared/api.ts';
import type { Approval, ApprovalAct } from '../shared/api-approvals.ts';
import { DecideCostsBody } from '../shared/api-bills.ts';
import { assetUnits, cny, lifeMsDefault, parseAssetUnits } from '../shared/assets.ts';
import { yuan, type Micros } from '../shared/money.ts';
import { priceBookProblems } from '../shared/rating.ts';
import {
  askFor,
  claim,
  readApproval,
  refuseApproval,
  settle,
  withdrawApproval,
  type ApprovalRequest,
} from './approvals/approvals.ts';
import { catalogueProblems, publishCatalogue } from './catalogue/catalogues.ts';
import type { Database, Queryable } from './database/database.ts';
import type { Finance } from './finance-of.ts';
import type { AdjustmentDecision } from './ledger/adjustments.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Recharge, Refund } from './ledger/credits.ts';
import { refuse, refuseField, type Refused } from './ledger/refusal.ts';
import { meteringProblems, publishMeteringCatalogue } from './metering/metering-catalogues.ts';
import type { Recharging } from './payments/recharging.ts';
import { publishPriceBook } from './pricing/price-books.ts';

export interface SecondPersonRules {
  /** The largest refund of money, of a charge or of a recharge, that one person may make alone. */
  readonly refundAloneMax: Micros;
  /** The most units that one person may grant alone. */
  readonly grantAloneMax: bigint;
  /** Whether a change of prices, of what is sold or of what is metered waits for a second person. */
  readonly priceChanges: boolean;
}

export const secondPersonDefault: SecondPersonRules = {
  refundAloneMax: yuan('1000.00'),
  grantAloneMax: 100_000n,
  priceChanges: false,
};

const RefundAsked = RefundBody.extend({ accountId: z.uuid(), asset: z.string() });
const RechargeRefundAsked = RechargeRefundBody.extend({ accountId: z.uuid(), orderId: z.uuid() });

export interface SecondPerson {
  approve(id: string, by: string): Promise<Approval | Refused>;
  refuse(id: string, by: string, reason: string): Promise<Approval | Refused>;
  withdraw(id: string, by: string): Promise<Approval | Refused>;
}

interface Deciding {
  readonly id: string;
  readonly by: string;
  readonly asked: unknown;
}

export function secondPerson(deps: {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly recharging: Recharging | null;
  readonly finance: Finance;
  readonly clock: () => number;
}): SecondPerson {
  const { database, ledger, recharging, finance, clock } = deps;

  /** Under the request's lock; what is refused as it is tried has written nothing. */
  const decide = async (
    tx: Queryable,
    { id, by }: Deciding,
    act: (askedBy: string) => Promise<unknown>,
  ): Promise<Approval | Refused> => {
    const claimed = await claim(tx, id, by);
    if ('refused' in claimed || 'state' in claimed) return claimed;
    const cameTo = await act(claimed.askedBy);
    if (isRefused(cameTo)) return cameTo;
    return settle(tx, claimed, { by, nowMs: clock(), cameTo });
  };
  /** A version of something that is published: the problems are looked for anew, at the time it is approved. */
  const publish = <Content>(
    given: Deciding,
    schema: z.ZodType<Content>,
    problemsOf: (content: Content) => { path: string; message: string }[],
    put: (tx: Queryable, content: Content, askedBy: string) => Promise<{ readonly version: number }>,
  ) =>
    database.transaction((tx) =>
      decide(tx, given, async (askedBy) => {
        const content = schema.parse(given.asked);
        const errors = problemsOf(content);
        if (errors.length > 0) return refuse('validation_failed', { errors });
        return { version: (await put(tx, content, askedBy)).version };
      }),
    );

  const acts: Record<Exclude<ApprovalAct, 'adjust'>, (given: Deciding) => Promise<Approval | Refused>> = {
    refund: (given) => {
      const { asset, amount, ...asked } = RefundAsked.parse(given.asked);
      const units = amount === undefined ? undefined : parseAssetUnits(asset, amount);
      if (units === null) throw new Error('a refund was asked for in parts of a unit');
      const refund: Refund = { ...asked, ...(units === undefined ? {} : { amount: units }) };
      return ledger.together(asked.accountId, (tx, does) =>
        decide(tx, given, async () => transactionOf(await does.refund(refund))),
      );
    },
    grant: (given) => {
      const grant = grantOf(GrantBody.parse(given.asked), clock());
      if ('refused' in grant) return Promise.resolve(grant);
      return ledger.together(grant.accountId, (tx, does) =>
        decide(tx, given, async () => transactionOf(await does.grant(grant))),
      );
    },
    refundRechargeOrder: (given) => {
      if (recharging === null) return Promise.resolve(refuse('not_found'));
      const { amount, ...asked } = RechargeRefundAsked.parse(given.asked);
      const refund = { ...asked, ...(amount === undefined ? {} : { amount: yuan(amount) }) };
      return recharging.refundWithin(asked.accountId, (tx, begin) =>
        decide(tx, given, async (askedBy) => {
          const begun = await begin({ ...refund, askedBy });
          return 'refused' in begun ? begun : { refundId: begun.refund.id };
        }),
      );
    },
    putPricing: (given) =>
      publish(given, PutPricingBody, priceBookProblems, (tx, content, accountId) =>
        publishPriceBook(tx, content, { accountId, nowMs: clock() }),
      ),
    putCatalogue: (given) =>
      publish(given, PutCatalogueBody, catalogueProblems, (tx, content, accountId) =>
        publishCatalogue(tx, content, { accountId, nowMs: clock() }),
      ),
    putMeteringCatalogue: (given) =>
      publish(given, PutMeteringCatalogueBody, meteringProblems, (tx, content, accountId) =>
        publishMeteringCatalogue(tx, content, { accountId, nowMs: clock() }),
      ),
    acceptCosts: (given) =>
      database.transaction((tx) =>
        decide(tx, given, () => finance.accept(tx, DecideCostsBody.parse(given.asked))),
      ),
  };

  const known = async (id: string): Promise<Approval | Refused> =>
    (await readApproval(database, id)) ??
    refuse('not_found', { detail: 'Nothing of this id was asked for.' });
  /** A correction's own decision, told as the others are. */
  const asApproval = async (decided: object, id: string): Promise<Approval | Refused> =>
    isRefused(decided) ? decided : known(id);

  return {
    async approve(id, by) {
      const asked = await known(id);
      if ('refused' in asked) return asked;
      if (asked.act === 'adjust') return asApproval(await ledger.approveAdjustment(decision(asked, by)), id);
      return acts[asked.act]({ id, by, asked: asked.asked });
    },
    async refuse(id, by, reason) {
      const asked = await known(id);
      if ('refused' in asked) return asked;
      if (asked.act === 'adjust')
        return asApproval(await ledger.refuseAdjustment({ ...decision(asked, by), reason }), id);
      return database.transaction((tx) => refuseApproval(tx, id, { by, reason, nowMs: clock() }));
    },
    async withdraw(id, by) {
      const asked = await known(id);
      if ('refused' in asked) return asked;
      if (asked.act === 'adjust') return asApproval(await ledger.withdrawAdjustment(decision(asked, by)), id);
      return database.transaction((tx) => withdrawApproval(tx, id, { by, nowMs: clock() }));
    },
  };
}

type Waits = { readonly status: 202; readonly body: Approval } | Refused;

/** Lets an act wait where it takes two; null where one may do it alone. */
export interface Asking {
  refund(
    asked: z.output<typeof RefundAsked>,
    by: { readonly askedBy: string; readonly units: bigint | undefined },
  ): Promise<Waits | null>;
  rechargeRefund(
    asked: z.output<typeof RechargeRefundBody>,
    of: {
      readonly accountId: string;
      readonly orderId: string;
      readonly askedBy: string;
      readonly recharging: Recharging;
    },
  ): Promise<Waits | null>;
  grant(asked: z.output<typeof GrantBody>, askedBy: string): Promise<Waits | null>;
  prices(act: Extract<ApprovalAct, `put${string}`>, asked: object, askedBy: string): Promise<Waits | null>;
}

export function asking(deps: {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: () => number;
  readonly rules: SecondPersonRules;
}): Asking {
  const { database, ledger, clock, rules } = deps;
  const ask = async (request: ApprovalRequest): Promise<Waits> => {
    const asked = await database.transaction((tx) => askFor(tx, request, clock()));
    return 'refused' in asked ? asked : { status: 202, body: asked };
  };
  /** What was let wait goes on waiting, whatever the rules say by now. */
  const waitsAlready = async (id: string): Promise<boolean> => (await readApproval(database, id)) !== null;
  return {
    async refund(asked, { askedBy, units }) {
      const { accountId, asset, reason, chargeId } = asked;
      const id = asked.id.toLowerCase();
      const charge = await ledger.getTransaction(accountId, chargeId.toLowerCase());
      const amount = units ?? -assetUnits(asset, charge?.amount ?? '0');
      const alone = asset !== cny || amount <= rules.refundAloneMax;
      if (alone && !(await waitsAlready(id))) return null;
      const moves = { asset, amount };
      return ask({ id, act: 'refund', aboutId: accountId, moves, reason, asked, askedBy });
    },
    async rechargeRefund(asked, { accountId, orderId, askedBy, recharging }) {
      const id = asked.id.toLowerCase();
      const order = await recharging.get(accountId, orderId.toLowerCase());
      if (order === null || order.refunds.some((refund) => refund.id === id)) return null;
      const given = yuan(order.refunded);
      const amount = asked.amount === undefined ? yuan(order.amount) - given : yuan(asked.amount);
      // Several small refunds of one order are one large one.
      if (given + amount <= rules.refundAloneMax && !(await waitsAlready(id))) return null;
      return ask({
        id,
        act: 'refundRechargeOrder',
        aboutId: accountId,
        moves: { asset: cny, amount: -amount },
        reason: asked.reason,
        asked: { ...asked, accountId, orderId },
        askedBy,
      });
    },
    async grant(asked, askedBy) {
      const { accountId, asset, note } = asked;
      const id = asked.id.toLowerCase();
      const amount = BigInt(asked.amount);
      if (amount <= rules.grantAloneMax && !(await waitsAlready(id))) return null;
      return ask({
        id,
        act: 'grant',
        aboutId: accountId,
        moves: { asset, amount },
        ...(note === undefined ? {} : { reason: note }),
        asked,
        askedBy,
      });
    },
    async prices(act, asked, askedBy) {
      return rules.priceChanges ? ask({ id: randomUUID(), act, asked, askedBy }) : null;
    },
  };
}

/** What finance grants, as the ledger takes it; refused where it would be over before it begins. */
export function grantOf(
  body: z.output<typeof GrantBody>,
  nowMs: number,
  again = false,
): (Omit<Recharge, 'kind'> & { readonly source: z.output<typeof GrantBody>['source'] }) | Refused {
  const { accountId, asset, amount, source, expiresAt, note } = body;
  const life = lifeMsDefault(asset);
  const expiresAtMs = expiresAt === undefined ? life && nowMs + life : Date.parse(expiresAt);
  // One that was granted in time is answered again however late it is asked for.
  if (!again && expiresAtMs !== null && expiresAtMs <= nowMs)
    return refuseField('expiresAt', 'is over already');
  return {
    id: body.id,
    accountId,
    asset,
    amount: BigInt(amount),
    source,
    content: { asset, amount, source, expiresAt, note },
    ...(note === undefined ? {} : { note }),
    ...(expiresAtMs === null ? {} : { expiresAtMs }),
    occurredAtMs: nowMs,
  };
}

/** Whose correction it is, and who decides. */
function decision({ id, aboutId }: Approval, by: string): AdjustmentDecision {
  if (aboutId === undefined) throw new Error('a correction has an account');
  return { accountId: aboutId, id, by };
}

function transactionOf(posted: object): unknown {
  return 'transaction' in posted ? posted.transaction : posted;
}

function isRefused(value: unknown): value is Refused {
  return typeof value === 'object' && value !== null && 'refused' in value;
}
