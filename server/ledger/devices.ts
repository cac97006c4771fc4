/**
 * The numbers that devices give their charges (S2): which have come, which are missing, which came with two
 * contents. Numbers of charges are kept as ranges, so a device that counts on costs one row. It must never refuse a
 * charge; it only tells.
 */
import type { z } from 'zod';
import type { ChargeBody, Device } from '../../shared/api.ts';
import type { Queryable } from '../database/database.ts';

/** A number as it was presented, and what became of it. */
export interface Sighting {
  readonly deviceId: string;
  readonly deviceSeq: number;
  readonly requestHash: string;
  /** `mismatch`: the id was known with another content. */
  readonly outcome: 'charged' | 'replayed' | 'refused' | 'mismatch';
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** What is known of the devices in a batch, near the numbers in it. */
export interface KnownNumbers {
  readonly ranges: readonly (Range & { readonly deviceId: string })[];
  readonly refused: readonly {
    readonly deviceId: string;
    readonly deviceSeq: number;
    readonly hash: string;
  }[];
}

export async function loadNumbers(
  tx: Queryable,
  accountId: string,
  bodies: readonly ChargeBody[],
): Promise<KnownNumbers> {
  const spans = new Map<string, { low: number; high: number }>();
  for (const { deviceId, deviceSeq } of bodies) {
    const span = spans.get(deviceId) ?? { low: deviceSeq, high: deviceSeq };
    spans.set(deviceId, { low: Math.min(span.low, deviceSeq), high: Math.max(span.high, deviceSeq) });
  }
  const devices = [...spans.keys()];
  const lows = [...spans.values()].map((span) => span.low);
  const highs = [...spans.values()].map((span) => span.high);
  const rows = await tx.query<{ device_id: string; first: bigint; last: bigint; hash: string | null }>(
    `SELECT r.device_id, r.first_seq AS first, r.last_seq AS last, null AS hash
     FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS wanted (device_id, low, high)
     JOIN device_ranges r ON r.account_id = $1 AND r.device_id = wanted.device_id
       AND r.first_seq <= wanted.high + 1 AND r.last_seq >= wanted.low - 1
     UNION ALL
     SELECT m.device_id, m.device_seq, m.device_seq, m.refused_hash
     FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS wanted (device_id, low, high)
     JOIN device_marks m ON m.account_id = $1 AND m.device_id = wanted.device_id
       AND m.device_seq BETWEEN wanted.low AND wanted.high AND m.refused_hash IS NOT NULL`,
    [accountId, devices, lows, highs],
  );
  return {
    ranges: rows.flatMap(({ device_id: deviceId, first, last, hash }) =>
      hash === null ? { deviceId, first: Number(first), last: Number(last) } : [],
    ),
    refused: rows.flatMap(({ device_id: deviceId, first, hash }) =>
      hash === null ? [] : { deviceId, deviceSeq: Number(first), hash },
    ),
  };
}

interface Mark {
  readonly deviceId: string;
  readonly deviceSeq: number;
  refusedHash: string | null;
  reused: boolean;
}

/** Notes the sightings of one batch, in the order in which they were decided. */
export async function noteSightings(
  tx: Queryable,
  accountId: string,
  known: KnownNumbers,
  sightings: readonly Sighting[],
  nowMs: number,
): Promise<void> {
  const devices = Map.groupBy(sightings, (sighting) => sighting.deviceId);
  const marks: Mark[] = [];
  const gone: Range[] = [];
  const goneOf: string[] = [];
  const merged: Range[] = [];
  const mergedOf: string[] = [];
  for (const [deviceId, seen] of devices) {
    const before = known.ranges.filter((range) => range.deviceId === deviceId);
    const refused = known.refused.filter((number) => number.deviceId === deviceId);
    const { charged, found } = judge(before, refused, seen);
    marks.push(...found);
    if (charged.length === 0) continue;
    gone.push(...before);
    goneOf.push(...before.map(() => deviceId));
    const after = union([...before, ...charged]);
    merged.push(...after);
    mergedOf.push(...after.map(() => deviceId));
  }
  await Promise.all([
    noteNumbers(tx, accountId, devices, { gone, goneOf, merged, mergedOf }, nowMs),
    addMarks(tx, accountId, marks),
  ]);
}

/** Which numbers charges newly carry, and which numbers there is more to say of. */
function judge(
  before: readonly Range[],
  refused: KnownNumbers['refused'],
  seen: readonly Sighting[],
): { charged: Range[]; found: Iterable<Mark> } {
  const carried = new Set<number>();
  const refusedHash = new Map(refused.map(({ deviceSeq, hash }) => [deviceSeq, hash]));
  const found = new Map<number, Mark>();
  for (const { deviceId, deviceSeq, requestHash, outcome } of seen) {
    if (outcome === 'replayed') continue;
    const taken =
      carried.has(deviceSeq) || before.some(({ first, last }) => first <= deviceSeq && deviceSeq <= last);
    const earlierRefused = refusedHash.get(deviceSeq);
    const other = earlierRefused !== undefined && earlierRefused !== requestHash;
    const reused = taken || other || outcome === 'mismatch';
    if (outcome === 'charged' && !taken) carried.add(deviceSeq);
    if (outcome === 'charged' && !reused) continue;
    const mark = found.get(deviceSeq) ?? { deviceId, deviceSeq, refusedHash: null, reused: false };
    mark.reused ||= reused;
    if (outcome === 'refused' && !taken) {
      mark.refusedHash ??= requestHash;
      if (earlierRefused === undefined) refusedHash.set(deviceSeq, requestHash);
    }
    found.set(deviceSeq, mark);
  }
  return { charged: [...carried].map((n) => ({ first: n, last: n })), found: found.values() };
}

/** The same numbers in as few ranges as possible. */
function union(ranges: readonly Range[]): Range[] {
  const result: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const open = result.at(-1);
    if (open !== undefined && first <= open.last + 1) open.last = Math.max(open.last, last);
    else result.push({ first, last });
  }
  return result;
}

interface Replacement {
  readonly gone: readonly Range[];
  readonly goneOf: readonly string[];
  readonly merged: readonly Range[];
  readonly mergedOf: readonly string[];
}

async function noteNumbers(
  tx: Queryable,
  accountId: string,
  devices: ReadonlyMap<string, readonly Sighting[]>,
  { gone, goneOf, merged, mergedOf }: Replacement,
  nowMs: number,
): Promise<void> {
  const kept = new Set(merged.map(({ first }, index) => `${first} ${mergedOf[index]}`));
  const absorbed = gone
    .map(({ first }, index) => ({ first, deviceId: goneOf[index] }))
    .filter(({ first, deviceId }) => !kept.has(`${first} ${deviceId}`));
  await tx.query(
    `WITH absorbed AS (
       DELETE FROM device_ranges r USING unnest($2::text[], $3::bigint[]) AS a (device_id, first_seq)
       WHERE r.account_id = $1 AND r.device_id = a.device_id AND r.first_seq = a.first_seq
     ), merged AS (
       INSERT INTO device_ranges (account_id, device_id, first_seq, last_seq)
       SELECT $1, m.* FROM unnest($4::text[], $5::bigint[], $6::bigint[]) AS m
       ON CONFLICT (account_id, device_id, first_seq) DO UPDATE SET last_seq = excluded.last_seq
     )
     INSERT INTO device_sightings AS d (account_id, device_id, last_seq, last_seen_at_ms)
     SELECT $1, s.*, $9 FROM unnest($7::text[], $8::bigint[]) AS s
     ON CONFLICT (account_id, device_id) DO UPDATE SET last_seq = greatest(d.last_seq, excluded.last_seq),
       last_seen_at_ms = excluded.last_seen_at_ms`,
    [
      accountId,
      absorbed.map(({ deviceId }) => deviceId),
      absorbed.map(({ first }) => first),
      mergedOf,
      merged.map(({ first }) => first),
      merged.map(({ last }) => last),
      [...devices.keys()],
      [...devices.values()].map((seen) => seen.reduce((max, { deviceSeq }) => Math.max(max, deviceSeq), 1)),
      nowMs,
    ],
  );
}

async function addMarks(tx: Queryable, accountId: string, marks: readonly Mark[]): Promise<void> {
  if (marks.length === 0) return;
  await tx.query(
    `INSERT INTO device_marks AS d (account_id, device_id, device_seq, refused_hash, reused)
     SELECT $1, m.* FROM unnest($2::text[], $3::bigint[], $4::text[], $5::boolean[]) AS m
     ON CONFLICT (account_id, device_id, device_seq) DO UPDATE SET reused = d.reused OR excluded.reused,
       refused_hash = coalesce(d.refused_hash, excluded.refused_hash)`,
    [
      accountId,
      marks.map((mark) => mark.deviceId),
      marks.map((mark) => mark.deviceSeq),
      marks.map((mark) => mark.refusedHash),
      marks.map((mark) => mark.reused),
    ],
  );
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────

export type DeviceNumbers = Omit<z.infer<typeof Device>, 'name'>;
/** The most missing, and the most reused, numbers that are listed of one device. */
export const deviceNumbersListedMax = 1_000;

/** The last seen first. */
export async function readDevices(db: Queryable, accountId: string): Promise<DeviceNumbers[]> {
  const sightings = await db.query<{ device_id: string; last_seq: bigint; last_seen_at_ms: bigint }>(
    `SELECT device_id, last_seq, last_seen_at_ms FROM device_sightings
     WHERE account_id = $1 ORDER BY last_seen_at_ms DESC, device_id`,
    [accountId],
  );
  const devices: DeviceNumbers[] = [];
  for (const { device_id: deviceId, last_seq: lastSeq, last_seen_at_ms: lastSeenAtMs } of sightings)
    devices.push({
      deviceId,
      lastSeq: Number(lastSeq),
      missing: await missingNumbers(db, accountId, deviceId),
      reused: await reusedNumbers(db, accountId, deviceId),
      lastSeenAt: new Date(Number(lastSeenAtMs)).toISOString(),
    });
  return devices;
}

async function missingNumbers(db: Queryable, accountId: string, deviceId: string): Promise<number[]> {
  const gaps = await db.query<{ after: bigint; before: bigint }>(
    `SELECT after, first_seq AS before FROM (
       SELECT first_seq, coalesce(max(last_seq) OVER (
         ORDER BY first_seq, last_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS after
       FROM (
         SELECT first_seq, last_seq FROM device_ranges WHERE account_id = $1 AND device_id = $2
         UNION ALL
         SELECT device_seq, device_seq FROM device_marks WHERE account_id = $1 AND device_id = $2
       ) AS seen
     ) AS pairs
     WHERE first_seq > after + 1 ORDER BY first_seq LIMIT $3`,
    [accountId, deviceId, deviceNumbersListedMax],
  );
  const missing: number[] = [];
  for (const { after, before } of gaps)
    for (let n = Number(after) + 1; n < Number(before) && missing.length < deviceNumbersListedMax; n += 1)
      missing.push(n);
  return missing;
}

async function reusedNumbers(db: Queryable, accountId: string, deviceId: string): Promise<number[]> {
  const rows = await db.query<{ device_seq: bigint }>(
    `SELECT device_seq FROM device_marks WHERE account_id = $1 AND device_id = $2 AND reused
     ORDER BY device_seq LIMIT $3`,
    [accountId, deviceId, deviceNumbersListedMax],
  );
  return rows.map((row) => Number(row.device_seq));
}
