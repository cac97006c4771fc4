/**
 * Tells finance by mail what was found, each finding once: that it is told, and the mails that tell it, are one transaction, so
 * that neither a second process nor one that ends between the two tells anything twice or not at all.
 */
import type { LocalName } from '../shared/api-selling.ts';
import type { z } from 'zod';
import { costsInForce } from './costs/cost-catalogues.ts';
import type { Database, Queryable } from './database/database.ts';
import { findingAddresses } from './identity/alert-settings.ts';
import { meteringCatalogueInForce } from './metering/metering-catalogues.ts';
import { catalogueInForce } from './catalogue/catalogues.ts';
import { addFindingNotices } from './notices/notice-queue.ts';
import { findingsTogetherMax } from './notices/told-findings.ts';
import { takeUntold } from './watch/findings.ts';

/** Returns how many were told, which those are too that nobody wants to be told of: they are not told to who comes later. */
export async function tellFindings(database: Database, clock: () => number): Promise<number> {
  for (let told = 0; ;) {
    const taken = await database.transaction((tx) => tellSome(tx, clock()));
    if (taken === 0) return told;
    told += taken;
  }
}

async function tellSome(tx: Queryable, nowMs: number): Promise<number> {
  const findings = await takeUntold(tx, { limit: findingsTogetherMax, nowMs });
  if (findings.length === 0) return 0;
  const to = await findingAddresses(tx);
  if (to.length > 0) {
    const at = new Date(nowMs).toISOString();
    const names = await namesIn(tx, findings);
    await addFindingNotices(tx, to, { kind: 'findings', at, findings, names }, nowMs);
  }
  return findings.length;
}

/** What products and providers that findings are of are called. */
async function namesIn(
  tx: Queryable,
  findings: Awaited<ReturnType<typeof takeUntold>>,
): Promise<Record<string, z.infer<typeof LocalName>>> {
  const wanted = new Set(findings.map((what) => (what.kind === 'budget' ? what.name : what.product)));
  const [metering, sold, costs] = [
    await meteringCatalogueInForce(tx),
    await catalogueInForce(tx),
    await costsInForce(tx),
  ];
  const named = [...costs.providers, ...(sold?.products ?? []), ...(metering?.products ?? [])];
  return Object.fromEntries(named.flatMap(({ id, name }) => (wanted.has(id) ? [[id, name]] : [])));
}
