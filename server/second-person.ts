/**
 * Which acts of the office need a second person, and what each of them does once that person says yes: in one
 * transaction with the decision. It must never do an act that is not exactly what was asked for.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { GrantBody, RechargeRefundBody, RefundBody } from '../shared/api.ts';
import type { Adjustment } from '../shared/api.ts';
import type { Approval, ApprovalAct, Waiting } from '../shared/api-approvals.ts';
import { DecideCostsBody } from '../shared/api-bills.ts';
import { assetText, cny, lifeMsDefault, parseAssetUnits } from '../shared/assets.ts';
import { yuan } from '../shared/money.ts';
import { leftAlone, least, limitOf, noteAlone, type AloneRules, type Move } from './approvals/alone.ts';
import {
  askFor,
  claim,
  findApproval,
  readAsked,
  readCorrection,
  refuseApproval,
  settle,
  withdrawApproval,
  type ApprovalRequest,
} from './approvals/approvals.ts';
import type { Database, Queryable } from './database/database.ts';
import type { Finance } from './finance-of.ts';
import type { Adjusted, AdjustmentDecision, AdjustmentRequest } from './ledger/adjustments.ts';
import { waitMsMaxDefault, type Ledger } from './ledger/ledger.ts';
import type { Posted, Recharge, Refund } from './ledger/credits.ts';
import { refuse, refuseField, type Refused } from './ledger/refusal.ts';
import { leftOf, readOrder, readRefund } from './payments/orders.ts';
import type { BegunRefund, Recharging } from './payments/recharging.ts';
import {
  addVersion,
  catalogues,
  meteringCatalogues,
  priceBooks,
  publishedSince,
  type Published,
} from './published.ts';

export interface SecondPersonRules extends AloneRules {
  /** Whether a change of prices, of what is sold or of what is metered waits for a second person. */
  readonly priceChanges: boolean;
  /** Milliseconds that a request waits; then it expires. */
  readonly waitMsMax: number;
}

export const secondPersonDefault: SecondPersonRules = {
  adjustmentAloneMax: yuan('1000.00'),
  refundAloneMax: yuan('1000.00'),
  grantAloneMax: 100_000n,
  aloneWindowMs: 86_400_000,
  aloneInAllTimes: 10n,
  priceChanges: false,
  waitMsMax: waitMsMaxDefault,
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
  /** What the request says that it moves. */
  readonly amount: string | undefined;
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
    const nowMs = clock();
    const claimed = await claim(tx, id, { by, nowMs });
    if ('refused' in claimed || 'state' in claimed) return claimed;
    const cameTo = await act(claimed.askedBy);
    if (isRefused(cameTo)) return cameTo;
    return settle(tx, claimed, { by, nowMs, cameTo });
  };
  /** What it takes to publish is looked at anew at the time it is approved. */
  const publish = <Content, Version extends { readonly version: number }>(
    given: Deciding,
    kind: Published<Content, Version>,
  ) =>
    database.transaction((tx) =>
      decide(tx, given, async (accountId) => {
        const content = kind.asked.parse(given.asked);
        const by = { accountId, nowMs: clock(), madeFrom: content.madeFrom };
        const published = await addVersion(tx, kind, content, by);
        return 'refused' in published ? published : { version: published.version };
      }),
    );

  const acts: Record<Exclude<ApprovalAct, 'adjust'>, (given: Deciding) => Promise<Approval | Refused>> = {
    refund: (given) => {
      const { asset, amount, ...asked } = RefundAsked.parse(given.asked);
      const units = amount === undefined ? undefined : parseAssetUnits(asset, amount);
      if (units === null) throw new Error('a refund was asked for in parts of a unit');
      const refund: Refund = { ...asked, ...(units === undefined ? {} : { amount: units }) };
      return ledger.together(asked.accountId, (tx, does) =>
        decide(tx, given, async () => {
          // Who asked for all that was left has asked for as much as was left then.
          const left = assetText(asset, (await does.refundable(asked.chargeId, asked.id)).left);
          if (units === undefined && left !== given.amount)
            return refuse('refund_exceeds', { chargeId: asked.chargeId, left });
          return transactionOf(await does.refund(refund));
        }),
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
      const asked = RechargeRefundAsked.parse(given.asked);
      // As much as was left when all of it was asked for; the request says so, below zero.
      const refund = { ...asked, amount: -yuan(given.amount ?? '0') };
      return recharging.refundWithin(asked.accountId, (tx, begin) =>
        decide(tx, given, async (askedBy) => {
          const begun = await begin({ ...refund, askedBy });
          return 'refused' in begun ? begun : { refundId: begun.refund.id };
        }),
      );
    },
    putPricing: (given) => publish(given, priceBooks),
    putCatalogue: (given) => publish(given, catalogues),
    putMeteringCatalogue: (given) => publish(given, meteringCatalogues),
    acceptCosts: (given) =>
      database.transaction((tx) =>
        decide(tx, given, () => finance.accept(tx, DecideCostsBody.parse(given.asked))),
      ),
  };

  /** A correction's own decision, told as the others are. */
  const asApproval = async (
    { accountId, id }: AdjustmentDecision,
    decided: Adjustment | Refused,
  ): Promise<Approval | Refused> =>
    'refused' in decided ? decided : readCorrection(database, accountId, id);

  return {
    async approve(id, by) {
      const request = await findApproval(database, id);
      if ('refused' in request) return request;
      const { act, asked, amount } = request;
      if (act !== 'adjust') return acts[act]({ id, by, asked, amount });
      const correction = decision(request, by);
      return asApproval(correction, await ledger.approveAdjustment(correction));
    },
    async refuse(id, by, reason) {
      const request = await findApproval(database, id);
      if ('refused' in request) return request;
      if (request.act === 'adjust') {
        const correction = decision(request, by);
        return asApproval(correction, await ledger.refuseAdjustment({ ...correction, reason }));
      }
      return database.transaction((tx) => refuseApproval(tx, id, { by, reason, nowMs: clock() }));
    },
    async withdraw(id, by) {
      const request = await findApproval(database, id);
      if ('refused' in request) return request;
      if (request.act === 'adjust') {
        const correction = decision(request, by);
        return asApproval(correction, await ledger.withdrawAdjustment(correction));
      }
      return database.transaction((tx) => withdrawApproval(tx, id, { by, nowMs: clock() }));
    },
  };
}

export type Waits = { readonly status: 202; readonly body: Waiting };
/** Of what is to wait: how much of the asset its maker may move alone on the account. */
interface Left {
  readonly aloneLeft?: string;
}

/** Lets an act wait where it takes two; otherwise it is done at once, as that is looked at under the account's lock. */
export interface Asking {
  adjust(request: Omit<AdjustmentRequest, 'mustWait'>): Promise<(Adjusted & Left) | Refused>;
  refund(
    asked: z.output<typeof RefundAsked>,
    by: { readonly askedBy: string; readonly units: bigint | undefined },
  ): Promise<Posted | Waits | Refused>;
  rechargeRefund(
    asked: z.output<typeof RechargeRefundBody>,
    of: {
      readonly accountId: string;
      readonly orderId: string;
      readonly askedBy: string;
      readonly recharging: Recharging;
    },
  ): Promise<BegunRefund | Waits | Refused>;
  grant(
    asked: z.output<typeof GrantBody>,
    grant: Granted,
    askedBy: string,
  ): Promise<Posted | Waits | Refused>;
  /** Null: it is to be published at once. */
  publishing<Content extends object, Version extends { readonly version: number }>(
    kind: Published<Content, Version>,
    content: Content,
    by: {
      readonly askedBy: string;
      readonly madeFrom: number | undefined;
      readonly reason: string | undefined;
    },
  ): Promise<Waits | Refused | null>;
}

/** An act that its maker may do alone, as far as the rule goes. */
interface Lonely<Done> {
  readonly move: Omit<Move, 'nowMs'>;
  /** What it moves, above zero. */
  readonly amount: bigint;
  /** What was moved before of what it is a part of, by whomever. */
  readonly given?: bigint;
  /** It was done before, or it cannot be done: either is for who does it to say. */
  readonly asItIs: boolean;
  readonly alone: () => Promise<Done | Refused>;
  readonly request: () => ApprovalRequest | Refused;
}

export function asking(deps: {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: () => number;
  readonly rules: SecondPersonRules;
}): Asking {
  const { database, ledger, clock, rules } = deps;
  const ask = (tx: Queryable, request: ApprovalRequest): Promise<Approval | Refused> =>
    askFor(tx, request, { nowMs: clock(), waitMsMax: rules.waitMsMax });

  /** Under the account's lock. */
  const aloneOrAsked = async <Done extends object>(
    tx: Queryable,
    lonely: Lonely<Done>,
    say: (left: bigint) => void,
  ): Promise<Done | Approval | Refused> => {
    const { amount, given = 0n, asItIs, alone, request } = lonely;
    if (asItIs) return alone();
    const move = { ...lonely.move, nowMs: clock() };
    // Several small refunds of one charge are one large one, whoever makes them and whenever.
    const left = least(await leftAlone(tx, rules, move), limitOf(rules, move) - given);
    if (amount > left || (await waitsAlready(tx, move.id))) {
      const waits = request();
      say(left);
      return 'refused' in waits ? waits : ask(tx, waits);
    }
    const done = await alone();
    if ('refused' in done) return done;
    await noteAlone(tx, move, amount);
    return done;
  };

  return {
    async adjust(request) {
      const { accountId, asset, amount, askedBy: by } = request;
      const id = request.id.toLowerCase();
      const size = amount < 0n ? -amount : amount;
      const { came, left } = await saying((say) =>
        ledger.alongside(
          accountId,
          async (within) => {
            const move = { id, act: 'adjust', accountId, asset, by, nowMs: within.nowMs } as const;
            const left = await leftAlone(within.tx, rules, move);
            const alone = size <= left;
            const adjusted = await within.adjust(alone ? request : { ...request, mustWait: true });
            if ('refused' in adjusted || adjusted.replayed) return adjusted;
            if (alone) await noteAlone(within.tx, move, size);
            else say(left);
            return adjusted;
          },
          [asset],
        ),
      );
      return 'refused' in came ? came : { ...came, ...leftText(asset, left) };
    },
    async refund(asked, { askedBy, units }) {
      const { accountId, asset, reason, chargeId } = asked;
      const id = asked.id.toLowerCase();
      const asMuch = units === undefined ? {} : { amount: units };
      const { came, left } = await saying((say) =>
        ledger.together(accountId, async (tx, does) => {
          const { given, left, isMade } = await does.refundable(chargeId, id);
          const amount = units ?? left;
          const lonely = {
            move: { id, act: 'refund', accountId, asset, by: askedBy },
            amount,
            given,
            // What is more than is left is refused as it is.
            asItIs: isMade || amount > left,
            alone: () => does.refund({ id, chargeId, reason, ...asMuch }),
            request: () => ({
              id,
              act: 'refund' as const,
              aboutId: accountId,
              moves: { asset, amount },
              reason,
              asked,
              askedBy,
            }),
          } as const;
          return aloneOrAsked(tx, lonely, say);
        }),
      );
      return told(came, leftText(asset, left));
    },
    async rechargeRefund(asked, { accountId, orderId, askedBy, recharging }) {
      const id = asked.id.toLowerCase();
      const { reason } = asked;
      const asMuch = asked.amount === undefined ? {} : { amount: yuan(asked.amount) };
      const { came, left } = await saying((say) =>
        recharging.refundWithin(accountId, async (tx, begin) => {
          const order = await readOrder(tx, accountId, orderId.toLowerCase());
          const [given, left] = order === null ? [0n, 0n] : [order.refunded, leftOf(order)];
          const amount = asMuch.amount ?? left;
          const isMade = (await readRefund(tx, accountId, id)) !== null;
          const lonely = {
            move: { id, act: 'refundRechargeOrder', accountId, asset: cny, by: askedBy },
            amount,
            given,
            asItIs: isMade || amount > left,
            alone: () => begin({ accountId, orderId, id, reason, askedBy, ...asMuch }),
            request: () => ({
              id,
              act: 'refundRechargeOrder' as const,
              aboutId: accountId,
              moves: { asset: cny, amount: -amount },
              reason,
              asked: { ...asked, accountId, orderId },
              askedBy,
            }),
          } as const;
          return aloneOrAsked(tx, lonely, say);
        }),
      );
      return told(came, leftText(cny, left));
    },
    async grant(asked, grant, askedBy) {
      const { accountId, asset, note } = asked;
      const id = asked.id.toLowerCase();
      const { amount } = grant;
      const { came, left } = await saying((say) =>
        ledger.alongside(
          accountId,
          async (within) => {
            const lonely = {
              move: { id, act: 'grant', accountId, asset, by: askedBy },
              amount,
              asItIs: await within.has(id),
              alone: () => within.grant(grant),
              request: () =>
                note === undefined
                  ? refuseField('note', saysWhy)
                  : {
                      id,
                      act: 'grant' as const,
                      aboutId: accountId,
                      moves: { asset, amount },
                      reason: note,
                      asked,
                      askedBy,
                    },
            } as const;
            return aloneOrAsked(within.tx, lonely, say);
          },
          [asset],
        ),
      );
      return told(came, leftText(asset, left));
    },
    async publishing({ act, table }, content, { askedBy, madeFrom, reason }) {
      if (!rules.priceChanges) return null;
      if (reason === undefined) return refuseField('reason', saysWhy);
      const asked = madeFrom === undefined ? content : { ...content, madeFrom };
      const waits = await database.transaction(
        async (tx) =>
          (await publishedSince(tx, table, madeFrom)) ??
          ask(tx, { id: randomUUID(), act, reason, asked, askedBy }),
      );
      return 'refused' in waits ? waits : { status: 202, body: waits };
    },
  };
}

/**
 * What came of an act, and what was said in it of how much is left where it has to wait. That stands beside the act's own
 * answer, which is what the audit log has of it.
 */
async function saying<T>(
  act: (say: (left: bigint) => void) => Promise<T>,
): Promise<{ readonly came: T; readonly left: bigint | undefined }> {
  let left: bigint | undefined;
  const came = await act((said) => {
    left = said;
  });
  return { came, left };
}

function leftText(asset: string, left: bigint | undefined): Left {
  return left === undefined ? {} : { aloneLeft: assetText(asset, left) };
}

/** What waits is answered as such. */
function told<Done extends object>(came: Done | Approval | Refused, left: Left): Done | Waits | Refused {
  return 'askedByName' in came ? { status: 202, body: { ...came, ...left } } : came;
}

const saysWhy = 'says why, to whoever has to approve it';

/** What was let wait goes on waiting, whatever the rules say by now. */
async function waitsAlready(db: Queryable, id: string): Promise<boolean> {
  return (await readAsked(db, id)) !== null;
}

export type Granted = Omit<Recharge, 'kind'> & { readonly source: z.output<typeof GrantBody>['source'] };

/** What finance grants, as the ledger takes it; refused where it would be over before it begins. */
export function grantOf(body: z.output<typeof GrantBody>, nowMs: number, again = false): Granted | Refused {
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
