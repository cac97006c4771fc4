/**
 * What the page may ask of the server as the HTTP contract has it: the engine passes the question on under the sign-in
 * that it keeps, and the answer back, without a rule of its own. Whatever the desk itself keeps, works out or must do
 * offline (balance, holds, charges, the ledger) is not asked this way but has a command of its own.
 */
import { z } from 'zod';
import { endpoints, type Endpoint, type EndpointName } from './endpoints.ts';

export const askable = [
  'catalogue',
  'membership',
  'buyMembership',
  'renewMembership',
  'upgradeMembership',
  'quoteUpgrade',
  'quotas',
  'units',
  'buyPackage',
  'points',
  'pointTransactions',
  'meteringCatalogue',
  'usages',
  'usageDetail',
  'usageTotals',
  'members',
  'grants',
  'grant',
  'adjust',
  'allRechargeOrders',
  'refundRechargeOrder',
  'accounts',
  'accountById',
  'freezeAccount',
  'setMemberLevel',
  'erasePersonalData',
  'putCatalogue',
  'catalogueVersions',
  'putPricing',
  'pricingVersions',
  'putMeteringCatalogue',
  'meteringCatalogueVersions',
  'meteringWarnings',
  'backups',
  'makeBackup',
  'approvals',
  'approval',
  'approveRequest',
  'refuseRequest',
  'withdrawRequest',
  'audit',
  'verifyAudit',
  'reconciliationDays',
  'runReconciliation',
  'reconciliationDifferences',
  'explainDifference',
  'proposeForDifference',
  'approveForDifference',
  'withdrawForDifference',
  'costs',
  'putCosts',
  'costedUsages',
  'billMappings',
  'providerBills',
  'unnamedLines',
  'costDifferences',
  'costEvidence',
  'acceptCosts',
  'disputeCosts',
  'report',
  'margins',
  'closings',
  'closePeriod',
  'budgets',
  'setBudget',
  'findings',
  'seeFinding',
] as const satisfies readonly EndpointName[];
export type Askable = (typeof askable)[number];

const parts = ['params', 'query', 'body'] as const;

/** A question: an endpoint by its name, and what that endpoint takes. A fault's path begins with the part that has it. */
export const Question = z
  .strictObject({
    endpoint: z.enum(askable),
    params: z.unknown().optional(),
    query: z.unknown().optional(),
    body: z.unknown().optional(),
  })
  .superRefine((question, context) => {
    const endpoint: Endpoint = endpoints[question.endpoint];
    for (const part of parts) {
      const checked = (endpoint[part] ?? z.undefined()).safeParse(question[part]);
      for (const { message, path } of checked.error?.issues ?? [])
        context.addIssue({ code: 'custom', message, path: [part, ...path] });
    }
  });
export type Question = z.infer<typeof Question>;

/** The answer as it was served: `body` is read with the endpoint's own schema for this status. */
export const Answer = z.object({ status: z.int(), body: z.unknown() });
