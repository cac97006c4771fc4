/** Costs, bills, reports, closed months, budgets and findings over HTTP. */
import type { FastifyInstance } from 'fastify';
import type { SecondPersonRules } from '../asking.ts';
import { tellBefore } from '../audit/acts.ts';
import { besideAct } from '../audit/acts.ts';
import type { Database } from '../database/database.ts';
import { costsInForce } from '../costs/cost-catalogues.ts';
import { listCostDifferences, readCostEvidence } from '../costs/bill-differences.ts';
import { listCostedUsages } from '../costs/costed-usages.ts';
import type { Finance } from '../finance-of.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { jobs } from '../jobs.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuseField } from '../ledger/refusal.ts';
import { listBudgets, setBudget } from '../watch/budgets.ts';
import { listFindings, seeFinding } from '../watch/findings.ts';

interface Deps {
  readonly database: Database;
  readonly clock: () => number;
  readonly ledger: Ledger;
  readonly finance: Finance;
  readonly secondPersonRules: Pick<SecondPersonRules, 'waitMsMax'>;
}

export function registerFinanceRoutes(app: FastifyInstance, deps: Deps): void {
  registerCostRoutes(app, deps);
  registerDifferenceRoutes(app, deps);
  registerReportRoutes(app, deps);
  registerWatchRoutes(app, deps);
}

function registerCostRoutes(app: FastifyInstance, { database, finance }: Deps): void {
  const { bills, reports } = finance;
  registerEndpoint(app, 'costs', async () => ({ status: 200, body: await costsInForce(database) }));

  registerEndpoint(app, 'putCosts', async ({ body, caller }) => {
    const published = await finance.publishCosts(body, caller.accountId);
    return 'refused' in published ? published : { status: 200, body: published };
  });

  registerEndpoint(app, 'costedUsages', async ({ query }) => {
    const page = await listCostedUsages(database, reports.timeZone, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'billMappings', async () => ({
    status: 200,
    body: { items: await bills.mappings(), timeZone: reports.timeZone },
  }));

  registerEndpoint(app, 'providerBills', async ({ query }) => {
    const page = await bills.list(query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'beginBill', async ({ body, caller }) => {
    const begun = await bills.begin(body, caller.accountId);
    return 'refused' in begun ? begun : { status: begun.replayed ? 200 : 201, body: begun.bill };
  });

  registerEndpoint(app, 'sendBillLines', async ({ params, body }) => {
    const bill = await bills.send(params.id, body.lines);
    return 'refused' in bill ? bill : { status: 200, body: bill };
  });

  registerEndpoint(app, 'bookBill', async ({ params, body }) => {
    await reports.catchUp();
    const bill = await bills.book(params.id, body.unnamed);
    return 'refused' in bill ? bill : { status: 200, body: bill };
  });

  registerEndpoint(app, 'unnamedLines', async ({ params }) => {
    const lines = await bills.unnamed(params.id);
    return 'refused' in lines ? lines : { status: 200, body: lines };
  });
}

function registerDifferenceRoutes(
  app: FastifyInstance,
  { database, finance, secondPersonRules: { waitMsMax } }: Deps,
): void {
  registerEndpoint(app, 'costDifferences', async ({ query }) => {
    await finance.reports.catchUp();
    const page = await listCostDifferences(database, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'costEvidence', async ({ query }) => {
    await finance.reports.catchUp();
    return { status: 200, body: await readCostEvidence(database, query) };
  });

  registerEndpoint(app, 'acceptCosts', async ({ body, caller }) => {
    await finance.reports.catchUp();
    const named = { ...body, id: body.id.toLowerCase() };
    const asked = await finance.askToAccept(named, caller.accountId, waitMsMax);
    return 'refused' in asked ? asked : { status: 202, body: asked };
  });

  registerEndpoint(app, 'disputeCosts', async ({ body, caller }) => {
    await finance.reports.catchUp();
    const disputed = await finance.dispute({ ...body, id: body.id.toLowerCase() }, caller.accountId);
    return 'refused' in disputed ? disputed : { status: 200, body: disputed };
  });
}

function registerReportRoutes(app: FastifyInstance, { ledger, finance: { reports } }: Deps): void {
  registerEndpoint(app, 'report', async ({ params }) => ({
    status: 200,
    body: await reports.read(params.period),
  }));

  registerEndpoint(app, 'margins', async ({ query }) => {
    if (query.until <= query.from) return refuseField('until', 'must be after the first day');
    const page = await reports.margins(query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'closings', async () => ({ status: 200, body: await reports.closings() }));

  registerEndpoint(app, 'closePeriod', async ({ body, caller }) => {
    // What ended in the month by its time has its postings in it, also where no job has come by since.
    await besideAct(() => jobs.sweep.run({ ledger }));
    const closed = await reports.close(body.month, caller.accountId);
    return 'refused' in closed ? closed : { status: closed.replayed ? 200 : 201, body: closed.closing };
  });
}

function registerWatchRoutes(app: FastifyInstance, { database, clock, finance }: Deps): void {
  registerEndpoint(app, 'budgets', async ({ query }) => {
    await finance.reports.catchUp();
    return { status: 200, body: { items: await listBudgets(database, query.month) } };
  });

  registerEndpoint(app, 'setBudget', async ({ body, caller }) => {
    await finance.reports.catchUp();
    const by = { accountId: caller.accountId, nowMs: clock() };
    const set = await database.transaction(async (tx) => {
      const ofMonth = await listBudgets(tx, body.month);
      tellBefore({ budget: ofMonth.find(({ scope, name }) => scope === body.scope && name === body.name) });
      return setBudget(tx, body, by);
    });
    return 'refused' in set ? set : { status: set.added ? 201 : 200, body: set.budget };
  });

  registerEndpoint(app, 'findings', async ({ query }) => {
    const page = await listFindings(database, { ...query, unseen: query.unseen === 'true' });
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'seeFinding', async ({ params, caller }) => {
    const seen = await seeFinding(database, { id: params.id, by: caller.accountId, nowMs: clock() });
    return 'refused' in seen ? seen : { status: 200, body: seen };
  });
}
