/**
 * Which acts of the office need a second person: what its maker may not do alone is asked for, and waits; the rest is done
 * at once. It must never look at a limit without the account's lock, nor do an act that was let wait.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { RefundBody } from '../shared/api.ts';
import { RechargeRefundBody, type GrantBody } from '../shared/api-selling.ts';
import type { Approval, Waiting } from '../shared/api-approvals.ts';
import { assetText, cny, lifeMsDefault } from '../shared/assets.ts';
import { yuan } from '../shared/money.ts';
import { leftAlone, least, limitOf, noteAlone, type AloneRules, type Move } from './approvals/alone.ts';
import { askFor, readAsked, type ApprovalRequest } from './approvals/approvals.ts';
import type { Database, Queryable } from './database/database.ts';
import type { Adjusted, AdjustmentRequest } from './ledger/adjustments.ts';
import type { Posted, Recharge } from './ledger/credits.ts';
import { waitMsMaxDefault, type Ledger } from './ledger/ledger.ts';
import { refuseField, type Refused } from './ledger/refusal.ts';
import { leftOf, readOrder, readRefund } from './payments/orders.ts';
import type { BegunRefund, Recharging } from './payments/recharging.ts';
import { publishedSince, type Published } from './published.ts';

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

export const RefundAsked = RefundBody.extend({ accountId: z.uuid(), asset: z.string() });
export const RechargeRefundAsked = RechargeRefundBody.extend({ accountId: z.uuid(), orderId: z.uuid() });

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
