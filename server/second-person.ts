/**
 * What an act that was asked for (asking.ts) does once a second person says yes: in one transaction with the decision. It
 * must never do an act that is not exactly what was asked for.
 */
import type { Adjustment } from '../shared/api.ts';
import { GrantBody } from '../shared/api-selling.ts';
import type { Approval, ApprovalAct } from '../shared/api-approvals.ts';
import { DecideCostsBody } from '../shared/api-bills.ts';
import { assetText, parseAssetUnits } from '../shared/assets.ts';
import { yuan } from '../shared/money.ts';
import {
  claim,
  findApproval,
  readCorrection,
  refuseApproval,
  settle,
  withdrawApproval,
} from './approvals/approvals.ts';
import { grantOf, RechargeRefundAsked, RefundAsked } from './asking.ts';
import type { Database, Queryable } from './database/database.ts';
import type { Finance } from './finance-of.ts';
import type { AdjustmentDecision } from './ledger/adjustments.ts';
import type { Refund } from './ledger/credits.ts';
import type { Ledger } from './ledger/ledger.ts';
import { refuse, type Refused } from './ledger/refusal.ts';
import type { Recharging } from './payments/recharging.ts';
import { addVersion, catalogues, meteringCatalogues, priceBooks, type Published } from './published.ts';

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
