/**
 * Backups that nobody has to think of: one a day, written, proved by restoring it into an empty database, kept by a rule.
 * The only writer of `backups`. It must never remove a file while no newer one has been verified, and never one that it
 * did not write.
 */
import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backup } from '../../shared/api-backups.ts';
import { backUp, partialOf } from '../database/backup.ts';
import type { Database } from '../database/database.ts';
import type { BackupSettings } from './backup-settings.ts';
import { keptTimes } from './keeping.ts';

export interface BackupsOptions {
  readonly database: Database;
  readonly clock: () => number;
  readonly settings: BackupSettings;
  /** Restores the file into an empty database and verifies that; null when everything agrees, else what does not. */
  readonly verify: (file: string) => Promise<string | null>;
}

interface Row {
  readonly id: string;
  readonly slot: string | null;
  readonly state: Backup['state'];
  readonly problem: string | null;
  readonly file: string;
  readonly key_id: string;
  readonly begun_at_ms: bigint;
  readonly written_at_ms: bigint | null;
  readonly verified_at_ms: bigint | null;
  readonly bytes: bigint | null;
  readonly row_count: bigint | null;
}

const columns = `id, slot, state, problem, file, key_id, begun_at_ms, written_at_ms, verified_at_ms, bytes, row_count`;
/** Whoever writes or verifies renews it: a process that was killed has lost the backup so long afterwards. */
const leaseMs = 10 * 60_000;
const renewEveryMs = 60_000;
/** After one that failed. */
const retryMs = 30 * 60_000;
const listedMax = 200;
const chinaOffsetMs = 8 * 3_600_000;

export class Backups {
  readonly #options: BackupsOptions;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  get settings(): BackupSettings {
    return this.#options.settings;
  }

  /** When nothing is under way that somebody began by hand: the database may be closed then. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Makes the day's backup where it is due; one process does, and what failed is tried again. */
  async runDue(): Promise<{ readonly made: string | null; readonly failed: readonly unknown[] }> {
    const { clock, settings } = this.#options;
    const inChina = new Date(clock() + chinaOffsetMs);
    const minute = inChina.getUTCHours() * 60 + inChina.getUTCMinutes();
    const left = await this.#takeLeft();
    if (left !== null)
      return this.#told(left, await this.#underLease(left, () => this.#prove(left, 'stays')));
    if (minute < settings.atMinute) return { made: null, failed: [] };
    const row = await this.#claim(inChina.toISOString().slice(0, 10));
    if (row === null) return { made: null, failed: [] };
    return this.#told(row, await this.#make(row));
  }

  #told(
    { file }: Row,
    problem: unknown,
  ): { readonly made: string | null; readonly failed: readonly unknown[] } {
    return problem === null ? { made: file, failed: [] } : { made: null, failed: [problem] };
  }

  /** Begins one now, for a person. `ended` is when it is written and verified, or why it is not. */
  async begin(): Promise<{ readonly backup: Backup; readonly ended: Promise<unknown> }> {
    const row = await this.#claim(null);
    if (row === null) throw new Error('a backup that belongs to no day can be begun');
    const ended = this.#make(row).finally(() => this.#underWay.delete(ended));
    this.#underWay.add(ended);
    return { backup: served(row), ended };
  }

  async list(): Promise<Backup[]> {
    const rows = await this.#options.database.query<Row>(
      `SELECT ${columns} FROM backups ORDER BY begun_at_ms DESC, id DESC LIMIT $1`,
      [listedMax],
    );
    return rows.map(served);
  }

  async #claim(slot: string | null): Promise<Row | null> {
    const { database, clock, settings } = this.#options;
    const nowMs = clock();
    const name = `zhangtai-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 8)}.backup`;
    return database.transaction(async (tx) => {
      const [row] = await tx.query<Row>(
        `INSERT INTO backups AS b (id, slot, state, file, key_id, lease_until_ms, begun_at_ms)
         VALUES ($1, $2, 'writing', $3, $4, $5, $6)
         ON CONFLICT (slot) DO UPDATE SET state = 'writing', problem = NULL, file = excluded.file,
           key_id = excluded.key_id, lease_until_ms = excluded.lease_until_ms, begun_at_ms = excluded.begun_at_ms,
           written_at_ms = NULL, bytes = NULL, row_count = NULL
         WHERE b.state = 'failed' AND b.begun_at_ms < $7
         RETURNING ${columns}`,
        [randomUUID(), slot, name, settings.keys.first.id, nowMs + leaseMs, nowMs, nowMs - retryMs],
      );
      return row ?? null;
    });
  }

  /**
   * What a process left that was killed: a file that is there in full is proved by whoever comes now, and taken with its
   * row; of any other only a part was written, which goes. A file under its own name is whole, and never removed here:
   * in a database that was restored the row says `writing` of the very backup that it came from.
   */
  async #takeLeft(): Promise<Row | null> {
    const { database, clock, settings } = this.#options;
    const nowMs = clock();
    const left = await database.query<Row>(
      `UPDATE backups SET lease_until_ms = $2 WHERE id = (
         SELECT id FROM backups WHERE state IN ('writing', 'written') AND lease_until_ms < $1
         ORDER BY begun_at_ms LIMIT 1 FOR UPDATE SKIP LOCKED
       ) RETURNING ${columns}`,
      [nowMs, nowMs + leaseMs],
    );
    const [row] = left;
    if (row === undefined) return null;
    const path = join(settings.folder, row.file);
    await rm(partialOf(path), { force: true });
    const size = await sizeOf(path);
    if (size !== null) {
      await this.#written(row, { bytes: size, rows: row.row_count });
      return row;
    }
    await this.#fail(row, 'the process that wrote it ended before it was done');
    return null;
  }

  /** Null, or why there is no verified backup; the row says so too. */
  #make(row: Row): Promise<unknown> {
    const { database, clock, settings } = this.#options;
    return this.#underLease(row, async () => {
      try {
        await this.#written(
          row,
          await backUp(database, join(settings.folder, row.file), clock(), settings.keys),
        );
      } catch (error) {
        await this.#fail(row, messageOf(error));
        return error;
      }
      return this.#prove(row, 'goes');
    });
  }

  /**
   * The same, of a file that is written. One that was just made and does not verify goes, for the next attempt makes
   * another; one that was found stays: what keeps it from verifying may be this machine.
   */
  async #prove(row: Row, unproved: 'goes' | 'stays'): Promise<unknown> {
    const { database, clock, settings, verify } = this.#options;
    const path = join(settings.folder, row.file);
    try {
      const differs = await verify(path);
      if (differs !== null) throw new Error(`the backup ${row.file} does not verify: ${differs}`);
    } catch (error) {
      if (unproved === 'goes') await rm(path, { force: true });
      await this.#fail(row, messageOf(error));
      return error;
    }
    await database.query(
      `UPDATE backups SET state = 'verified', verified_at_ms = $2, lease_until_ms = NULL WHERE id = $1`,
      [row.id, clock()],
    );
    return this.#removeOld().then(
      () => null,
      (error: unknown) => error,
    );
  }

  async #written(
    row: Row,
    { bytes, rows }: { readonly bytes: number; readonly rows: number | bigint | null },
  ) {
    const { database, clock } = this.#options;
    await database.query(
      `UPDATE backups SET state = 'written', written_at_ms = $2, bytes = $3, row_count = $4 WHERE id = $1`,
      [row.id, clock(), bytes, rows],
    );
  }

  async #fail(row: Row, problem: string): Promise<void> {
    await this.#options.database.query(
      `UPDATE backups SET state = 'failed', problem = $2, lease_until_ms = NULL WHERE id = $1`,
      [row.id, problem.slice(0, 1_000)],
    );
  }

  /** Keeps the row this process's for as long as the work takes. */
  async #underLease(row: Row, work: () => Promise<unknown>): Promise<unknown> {
    const { database, clock } = this.#options;
    const renew = (): Promise<unknown> =>
      database.query('UPDATE backups SET lease_until_ms = $2 WHERE id = $1 AND lease_until_ms IS NOT NULL', [
        row.id,
        clock() + leaseMs,
      ]);
    // One that fails is made up for by the next; where none succeeds, the database is gone and the work fails too.
    const timer = setInterval(() => void renew().catch(() => undefined), renewEveryMs);
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  /** Only verified ones count for the rule, so that the last good one outlives any number of bad ones. */
  async #removeOld(): Promise<void> {
    const { database, clock, settings } = this.#options;
    const verified = await database.query<{ id: string; file: string; begun_at_ms: bigint }>(
      `SELECT id, file, begun_at_ms FROM backups WHERE state = 'verified'`,
    );
    const kept = keptTimes(
      verified.map((row) => Number(row.begun_at_ms)),
      settings.keep,
    );
    for (const { id, file, begun_at_ms: begunAtMs } of verified) {
      if (kept.has(Number(begunAtMs))) continue;
      await rm(join(settings.folder, file), { force: true });
      await database.query(`UPDATE backups SET state = 'removed', removed_at_ms = $2 WHERE id = $1`, [
        id,
        clock(),
      ]);
    }
  }
}

/** Bytes of a file; null where there is none. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function served(row: Row): Backup {
  const { problem, written_at_ms: writtenAtMs, verified_at_ms: verifiedAtMs, bytes, row_count: rows } = row;
  return {
    id: row.id,
    state: row.state,
    scheduled: row.slot !== null,
    file: row.file,
    keyId: row.key_id,
    begunAt: instant(row.begun_at_ms),
    ...(problem === null ? {} : { problem }),
    ...(writtenAtMs === null ? {} : { writtenAt: instant(writtenAtMs) }),
    ...(verifiedAtMs === null ? {} : { verifiedAt: instant(verifiedAtMs) }),
    ...(bytes === null ? {} : { bytes: Number(bytes) }),
    ...(rows === null ? {} : { rows: Number(rows) }),
  };
}

function instant(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}
