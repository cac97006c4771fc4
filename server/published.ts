/**
 * What is published whole, one version after the other: what each kind of it is, and the one way in which a version is
 * added. It must never add one that has problems, nor one over what somebody else published since it was begun.
 */
import type { z } from 'zod';
import {
  PutMeteringCatalogueBody,
  type MeteringCatalogue,
  type MeteringContent,
} from '../shared/api-metering.ts';
import { PutPricingBody, type PriceBook } from '../shared/api-prices.ts';
import { PutCatalogueBody, type Catalogue, type CatalogueContent } from '../shared/api-selling.ts';
import type { ApprovalAct } from '../shared/api-approvals.ts';
import { priceBookProblems } from '../shared/rating.ts';
import { tellBefore } from './audit/acts.ts';
import { catalogueInForce, catalogueProblems, publishCatalogue } from './catalogue/catalogues.ts';
import type { Queryable } from './database/database.ts';
import { takeTurn, type VersionTable } from './database/versions.ts';
import { refuse, type Refused } from './ledger/refusal.ts';
import {
  meteringCatalogueInForce,
  meteringProblems,
  publishMeteringCatalogue,
} from './metering/metering-catalogues.ts';
import { priceBookInForce, publishPriceBook, type PriceBookContent } from './pricing/price-books.ts';

/** Somebody who publishes, and when. */
interface By {
  readonly accountId: string;
  readonly nowMs: number;
}

/** A kind of what is published. `Asked`: the content with what stands beside it in a request. */
export interface Published<Content, Version extends { readonly version: number }> {
  readonly act: Extract<ApprovalAct, `put${string}`>;
  readonly table: VersionTable;
  readonly asked: z.ZodType<Content & { readonly madeFrom?: number | undefined }>;
  /** What a schema cannot check. */
  readonly problemsOf: (content: Content) => { path: string; message: string }[];
  readonly inForce: (db: Queryable, nowMs: number) => Promise<Version | null>;
  readonly add: (tx: Queryable, content: Content, by: By) => Promise<Version>;
}

export const priceBooks: Published<PriceBookContent, PriceBook> = {
  act: 'putPricing',
  table: 'price_books',
  asked: PutPricingBody,
  problemsOf: priceBookProblems,
  inForce: priceBookInForce,
  add: publishPriceBook,
};

export const catalogues: Published<CatalogueContent, Catalogue> = {
  act: 'putCatalogue',
  table: 'catalogues',
  asked: PutCatalogueBody,
  problemsOf: catalogueProblems,
  inForce: catalogueInForce,
  add: publishCatalogue,
};

export const meteringCatalogues: Published<MeteringContent, MeteringCatalogue> = {
  act: 'putMeteringCatalogue',
  table: 'metering_catalogues',
  asked: PutMeteringCatalogueBody,
  problemsOf: meteringProblems,
  inForce: meteringCatalogueInForce,
  add: publishMeteringCatalogue,
};

/**
 * Adds the next version, in the caller's transaction, with what was in force before for the audit log. Refused with
 * `version_moved` where `madeFrom` is not the newest one, and with `validation_failed` where the content has problems.
 */
export async function addVersion<Content, Version extends { readonly version: number }>(
  tx: Queryable,
  kind: Published<Content, Version>,
  content: Content,
  { madeFrom, ...by }: By & { readonly madeFrom: number | undefined },
): Promise<Version | Refused> {
  const moved = await publishedSince(tx, kind.table, madeFrom);
  if (moved !== null) return moved;
  const errors = kind.problemsOf(content);
  if (errors.length > 0) return refuse('validation_failed', { errors });
  tellBefore(await kind.inForce(tx, by.nowMs));
  return kind.add(tx, content, by);
}

/**
 * Whether somebody else published since a person began to write; null: `madeFrom` is the newest version, or nobody said from
 * which one it was made. Publishers take turns from here on to the end of the transaction.
 */
export async function publishedSince(
  tx: Queryable,
  table: VersionTable,
  madeFrom: number | undefined,
): Promise<Refused | null> {
  const newest = await takeTurn(tx, table);
  return madeFrom === undefined || madeFrom === newest ? null : refuse('version_moved', { madeFrom, newest });
}
