/** What holds of the server's own backups on either database: made once, proved, kept by the rule. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BackupRefused, backUp, restore } from '../database/backup.ts';
import { openDatabase } from '../database/database.ts';
import { parseKeys, type SealKeys } from '../database/sealed-file.ts';
import { chargeBody, ledgerFixture, type LedgerFixture } from '../ledger/fixture.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { Backups } from './backups.ts';

const dayMs = 86_400_000;

export function testBackups(newDatabaseUrl: () => Promise<string | undefined>): void {
  let it: LedgerFixture;
  let folder: string;
  let keys: SealKeys;
  let account: string;
  beforeAll(async () => {
    it = await ledgerFixture(await newDatabaseUrl());
    folder = await mkdtemp(join(tmpdir(), 'zhangtai-backups-'));
    const made = parseKeys(randomBytes(32).toString('base64'));
    if (made === null) throw new Error('that is a key');
    keys = made;
    account = await it.newAccount({ balance: '100.00' });
    await it.ledger.charge(account, chargeBody());
  });
  afterAll(async () => {
    await it.close();
    await rm(folder, { recursive: true });
  });

  /** Into an empty embedded database, as the server does it in a process apart. */
  async function proved(file: string): Promise<string | null> {
    const database = await openDatabase({});
    try {
      await restore(database, file, keys);
      const { faults } = await verifyLedger(database);
      return faults.length === 0 ? null : `${faults.length} faults`;
    } catch (error) {
      if (error instanceof BackupRefused) return error.message;
      throw error;
    } finally {
      await database.close();
    }
  }

  function backups(verify: (file: string) => Promise<string | null> = proved): Backups {
    const keep = { days: 2, weeks: 0, months: 0 };
    const settings = { folder, keyFile: '', keys, atMinute: 3 * 60 + 30, keep };
    return new Backups({ database: it.database, clock: () => it.clock.nowMs, settings, verify });
  }

  const files = async (): Promise<string[]> => (await readdir(folder)).toSorted((a, b) => (a < b ? -1 : 1));

  test('one is made a day, at its time, by one of many processes, and proved', async () => {
    it.clock.nowMs = Date.parse('2026-11-21T03:29:59+08:00');
    expect(await backups().runDue()).toEqual({ made: null, failed: [] });
    it.clock.nowMs += 60_000;
    const several = await Promise.all([backups(), backups(), backups()].map((one) => one.runDue()));
    expect(several.flatMap(({ failed }) => failed)).toEqual([]);
    expect(several.filter(({ made }) => made !== null)).toHaveLength(1);
    const [listed, ...others] = await backups().list();
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ state: 'verified', scheduled: true, keyId: keys.first.id });
    expect(await files()).toEqual([listed?.file]);
    expect((await readFile(join(folder, listed?.file ?? ''))).includes(account)).toBe(false);
    expect(await backups().runDue(), 'once').toEqual({ made: null, failed: [] });
  });

  test('what comes back is what was there', async () => {
    const [listed] = await backups().list();
    const database = await openDatabase({});
    await restore(database, join(folder, listed?.file ?? ''), keys);
    const rows = (of: typeof database) =>
      of.query('SELECT account_id, seq, hash, body FROM transactions ORDER BY account_id, seq');
    expect(await rows(database)).toEqual(await rows(it.database));
    await database.close();
  });

  test('one that does not verify is tried again, and never takes the place of one that did', async () => {
    it.clock.nowMs += dayMs;
    const damaging = backups(async (file) => {
      const bytes = await readFile(file);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(file, bytes);
      return proved(file);
    });
    expect((await damaging.runDue()).failed).toHaveLength(1);
    const [failed, before] = await backups().list();
    expect(failed).toMatchObject({ state: 'failed' });
    expect(failed?.problem).toMatch(/is damaged|is not whole|was altered/);
    expect(before).toMatchObject({ state: 'verified' });
    expect(await backups().runDue(), 'not at once').toEqual({ made: null, failed: [] });
    it.clock.nowMs += 31 * 60_000;
    expect((await backups().runDue()).made).not.toBeNull();
  });

  test('somebody may have one made now; the rule removes what is old, and files of nobody else', async () => {
    await writeFile(join(folder, 'somebody-elses.backup'), 'x');
    it.clock.nowMs += dayMs;
    const { backup, ended } = await backups().begin();
    expect(backup).toMatchObject({ state: 'writing', scheduled: false });
    expect(await ended).toBeNull();
    const states = (await backups().list()).map(({ state }) => state);
    expect(states).toEqual(['verified', 'verified', 'removed']);
    const kept = (await backups().list()).filter(({ state }) => state === 'verified').map(({ file }) => file);
    expect(await files()).toEqual(expect.arrayContaining([...kept, 'somebody-elses.backup']));
  });

  /** What a process leaves that is killed: the row as it was then, and whatever of the file there was. */
  async function leave(state: 'writing' | 'written', slot: string | null): Promise<string> {
    const file = `zhangtai-left-${randomBytes(4).toString('hex')}.backup`;
    await it.database.query(
      `INSERT INTO backups (id, slot, state, file, key_id, lease_until_ms, begun_at_ms, written_at_ms, bytes)
       VALUES ($1, $2, $3, $4, $5, $6::bigint + 600000, $6, $7, $7)`,
      [randomUUID(), slot, state, file, keys.first.id, it.clock.nowMs, state === 'written' ? 1 : null],
    );
    return file;
  }

  test('of what a killed process left, a part goes, and what was written in full is proved', async () => {
    it.clock.nowMs += dayMs;
    const part = await leave('writing', null);
    await writeFile(join(folder, `${part}.partial`), 'half of it');
    const whole = await leave('written', null);
    await backUp(it.database, join(folder, whole), it.clock.nowMs, keys);
    const unnoted = await leave('writing', null);
    await backUp(it.database, join(folder, unnoted), it.clock.nowMs, keys);
    const unproved = await leave('written', null);
    await writeFile(join(folder, unproved), 'what another key opens');
    const { made: first } = await backups(async () => null).runDue();
    expect(first, 'its lease is not over').not.toBe(whole);
    it.clock.nowMs += 11 * 60_000;
    const made = [];
    const trusting = backups(async (file) => (file.endsWith(unproved) ? 'it takes another key' : null));
    for (let round = 0; round < 4; round += 1) made.push((await trusting.runDue()).made);
    expect(new Set(made)).toEqual(new Set([null, unnoted, whole]));
    const states = new Map((await backups().list()).map(({ file, state }) => [file, state]));
    expect([part, whole, unnoted, unproved].map((file) => states.get(file))).toEqual([
      'failed',
      'verified',
      'verified',
      'failed',
    ]);
    expect(await files()).not.toContain(`${part}.partial`);
    expect(await files(), 'nobody here wrote it').toContain(unproved);
  });

  test('one that cannot be written leaves no file, and one that does not verify neither', async () => {
    it.clock.nowMs += dayMs;
    const before = await files();
    const keep = { days: 2, weeks: 0, months: 0 };
    const settings = { folder: join(folder, 'gone'), keyFile: '', keys, atMinute: 0, keep };
    const nowhere = new Backups({
      database: it.database,
      clock: () => it.clock.nowMs,
      settings,
      verify: proved,
    });
    expect((await nowhere.runDue()).failed).toHaveLength(1);
    it.clock.nowMs += 31 * 60_000;
    expect((await backups(async () => 'not what it was taken of').runDue()).failed).toHaveLength(1);
    expect((await backups().list())[0]).toMatchObject({ state: 'failed' });
    expect(await files()).toEqual(before);
  });
}
