/**
 * Holds: money set aside for a campaign at a locked price, or as a standing reserve for work that starts offline.
 * Here they are placed, prolonged, released and read; charges capture them. A hold must never take more than is
 * available, and never changes once it has ended.
 */
import assert from 'node:assert/strict';
import { holdSecondsDefault, type Hold, type HoldBody } from '../../shared/api.ts';
import type { Quote } from '../../shared/api-prices.ts';
import { cny } from '../../shared/assets.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { quote } from '../../shared/rating.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { insufficient, owing, type ChargingRules } from './charges.ts';
import { holdColumns, holdOf, type HoldRow } from './loading.ts';
import { Posting } from './posting.ts';
import type { HoldRecord } from './records.ts';
import { refuse, refuseCursor, refuseUnpriced, type Refused } from './refusal.ts';
import { requestHash } from './request-hash.ts';
import type { Signer } from './signing.ts';

export interface PlacedHold {
  readonly record: HoldRecord;
  readonly replayed: boolean;
}

export async function placeHold(
  tx: Queryable,
  rules: ChargingRules,
  accountId: string,
  body: HoldBody,
): Promise<PlacedHold | Refused> {
  const id = body.id.toLowerCase();
  const fingerprint = requestHash('hold', { ...body, id, kind: body.kind ?? 'campaign' });
  const posting = await Posting.open(tx, accountId, rules.clock, [id]);
  const earlier = posting.holds.get(id);
  if (earlier !== undefined) {
    await posting.write(); // The hold may just have expired.
    return earlier.requestHash === fingerprint
      ? { record: earlier, replayed: true }
      : refuse('idempotency_mismatch', { id });
  }
  const terms = await termsOf(tx, rules, posting, body);
  if ('refused' in terms) return terms;
  const record: HoldRecord = {
    ...terms,
    id,
    asset: cny,
    service: null,
    state: 'open',
    captured: 0n,
    capturedCount: 0,
    lateCount: 0,
    released: 0n,
    deviceId: body.deviceId,
    requestHash: fingerprint,
    createdAtMs: posting.nowMs,
    expiresAtMs: posting.nowMs + (body.expiresInSeconds ?? holdSecondsDefault) * 1_000,
  };
  posting.placeHold(record);
  await posting.write();
  return { record, replayed: false };
}

type Terms = Pick<HoldRecord, 'kind' | 'campaignId' | 'quote' | 'amount'>;

async function termsOf(
  tx: Queryable,
  rules: ChargingRules,
  posting: Posting,
  body: HoldBody,
): Promise<Terms | Refused> {
  if (posting.account.frozen) return refuse('account_frozen');
  const owed = owing(posting.money);
  if (owed !== null) return owed;
  let terms: Terms;
  if (body.kind === 'reserve') {
    terms = { kind: 'reserve', campaignId: null, quote: null, amount: yuan(body.amount) };
  } else {
    const locked = await quoteFor(tx, rules, posting, body);
    if ('refused' in locked) return locked;
    terms = { kind: 'campaign', campaignId: body.campaignId, quote: locked, amount: yuan(locked.total) };
  }
  return terms.amount > posting.money.available ? insufficient(terms.amount, posting.money.available) : terms;
}

async function quoteFor(
  tx: Queryable,
  rules: ChargingRules,
  posting: Posting,
  body: Exclude<HoldBody, { kind: 'reserve' }>,
): Promise<Quote | Refused> {
  const { platform, operation, quantity } = body;
  const { memberLevel } = posting.account;
  const book = await rules.priceBook(tx, posting.nowMs);
  if (book === null) return refuseUnpriced(body);
  const quoted = quote(book, { platform, operation, quantity, memberLevel });
  return 'code' in quoted ? refuseUnpriced(body, quoted.reason) : quoted;
}

/** Lets an open hold live until `expiresInSeconds` from now, or longer if it would anyway. */
export async function extendHold(
  tx: Queryable,
  rules: ChargingRules,
  accountId: string,
  id: string,
  expiresInSeconds: number,
): Promise<HoldRecord | Refused> {
  const posting = await Posting.open(tx, accountId, rules.clock, [id]);
  const hold = posting.moneyHold(id);
  if (hold === undefined) return refuse('not_found');
  if (hold.state === 'open') {
    hold.expiresAtMs = Math.max(hold.expiresAtMs, posting.nowMs + expiresInSeconds * 1_000);
    posting.changed(hold);
  }
  await posting.write();
  return hold.state === 'open' ? hold : refuse('hold_closed', { hold: id });
}

/** Gives back what is left of a hold. One that has ended already is answered as it is. */
export async function releaseHold(
  tx: Queryable,
  rules: ChargingRules,
  accountId: string,
  id: string,
): Promise<HoldRecord | Refused> {
  const posting = await Posting.open(tx, accountId, rules.clock, [id]);
  const hold = posting.moneyHold(id);
  if (hold === undefined) return refuse('not_found');
  if (hold.state === 'open') posting.endHold(hold, 'closed');
  await posting.write();
  return hold;
}

/** A hold of money, or of units where those are asked for. */
export async function readHold(
  db: Queryable,
  accountId: string,
  id: string,
  units = false,
): Promise<HoldRecord | null> {
  const [row] = await db.query<HoldRow>(
    `SELECT ${holdColumns} FROM holds WHERE account_id = $1 AND id = $2 AND (kind = 'units') = $3`,
    [accountId, id, units],
  );
  return row === undefined ? null : holdOf(row);
}

export interface HoldsQuery {
  readonly state?: HoldRecord['state'] | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Newest first. The cursor is the last hold's creation and id. */
export async function readHolds(
  db: Queryable,
  accountId: string,
  { state, cursor, limit }: HoldsQuery,
): Promise<{ items: HoldRecord[]; nextCursor: string | null } | Refused> {
  const place = ownPlaceOf(cursor);
  if (place === null) return refuseCursor();
  const rows = await db.query<HoldRow>(
    `SELECT ${holdColumns} FROM holds
     WHERE account_id = $1 AND kind <> 'units' AND ($2::text IS NULL OR state = $2) AND (created_at_ms, id) < ($3, $4)
     ORDER BY created_at_ms DESC, id DESC LIMIT $5`,
    [accountId, state ?? null, place.atMs, place.id, limit + 1],
  );
  const items = rows.slice(0, limit).map(holdOf);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? `${last.createdAtMs}.${last.id}` : null };
}

/** A hold of money as its owner sees it, with a voucher that others can check without asking the server. */
export async function servedHold(hold: HoldRecord, accountId: string, signer: Signer): Promise<Hold> {
  const { kind, deviceId } = hold;
  assert(kind !== 'units' && deviceId !== null, 'units are not served as money');
  const voucher = await signer.sign({
    holdId: hold.id,
    accountId,
    deviceId,
    amount: yuanText(hold.amount),
    ...(hold.quote === null ? {} : { count: hold.quote.quantity }),
    exp: Math.floor(hold.expiresAtMs / 1_000),
  });
  return {
    id: hold.id,
    kind,
    ...(hold.campaignId === null ? {} : { campaignId: hold.campaignId }),
    state: hold.state,
    ...(hold.quote === null ? {} : { quote: hold.quote }),
    amount: yuanText(hold.amount),
    captured: yuanText(hold.captured),
    capturedCount: hold.capturedCount,
    released: yuanText(hold.released),
    remaining: yuanText(hold.amount - hold.captured - hold.released),
    deviceId,
    createdAt: new Date(hold.createdAtMs).toISOString(),
    expiresAt: new Date(hold.expiresAtMs).toISOString(),
    voucher,
  };
}
