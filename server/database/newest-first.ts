/**
 * Where a page of a list ended that is read newest first: when its last row is from, the row's id, and, in a list over all
 * accounts, whose it is, for ids are made by callers and two accounts may have one. Text on the way, never trusted when it
 * is back.
 */
export interface Place {
  readonly atMs: string;
  readonly id: string;
  readonly accountId: string;
}

const lastUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Every row comes after it. */
const beforeAny: Place = { atMs: '999999999999999', id: lastUuid, accountId: lastUuid };

const uuid = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const place = new RegExp(`^(\\d{1,15})\\.${uuid}\\.${uuid}$`);
const ownPlace = new RegExp(`^(\\d{1,15})\\.${uuid}$`);

/** As `placeOf`, of a list in which no two rows have one id. */
export function ownPlaceOf(cursor: string | undefined): Pick<Place, 'atMs' | 'id'> | null {
  if (cursor === undefined) return beforeAny;
  const [, atMs, id] = ownPlace.exec(cursor) ?? [];
  return atMs === undefined || id === undefined ? null : { atMs, id };
}

/** Null: not a cursor of such a list. */
export function placeOf(cursor: string | undefined): Place | null {
  if (cursor === undefined) return beforeAny;
  const [, atMs, id, accountId] = place.exec(cursor) ?? [];
  if (atMs === undefined || id === undefined || accountId === undefined) return null;
  return { atMs, id, accountId };
}

/** The rows of a page, of which one more was read than it holds, and the cursor of the next. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  placeOfRow: (row: Row) => { readonly atMs: bigint; readonly id: string; readonly accountId: string },
): { readonly rows: readonly Row[]; readonly nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: page, nextCursor: null };
  const { atMs, id, accountId } = placeOfRow(last);
  return { rows: page, nextCursor: `${atMs}.${id}.${accountId}` };
}
