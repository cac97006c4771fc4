/** Checks how the data folder is opened: one owner, no newer data, nothing lost to a damaged file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOutbox } from '../sync/outbox.ts';
import { freshFolder, newCharge, openedCache } from '../sync/test-desk.ts';
import { openCache, suspectMarker } from './database.ts';
import { readDevice } from './device.ts';
import { createSettings, settingsDefault } from './settings.ts';

const accountId = '0198b0a5-0000-7000-8000-000000000001';
let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => folder.remove());

const problemOf = (path: string): string => {
  const opened = openCache(path, Date.now());
  if (!opened.ok) return opened.problem.code;
  opened.cache.close();
  return 'opened';
};

describe('the folder', () => {
  test('belongs to one desk at a time', () => {
    const cache = openedCache(folder.path);
    expect(problemOf(folder.path)).toBe('data_folder_in_use');
    cache.close();
    expect(problemOf(folder.path)).toBe('opened');
  });

  test('is free again at once when its desk was killed', async () => {
    const script = `
      const { openCache } = await import(${JSON.stringify(new URL('database.ts', import.meta.url).href)});
      const opened = openCache(${JSON.stringify(folder.path)}, Date.now());
      process.send(opened.ok);
      setInterval(() => opened, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [ok] = (await once(child, 'message')) as [boolean];
    expect(ok).toBe(true);
    expect(problemOf(folder.path)).toBe('data_folder_in_use');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(problemOf(folder.path)).toBe('opened');
  });

  test('that can not be made is told as such', () => {
    writeFileSync(join(folder.path, 'file'), '');
    expect(problemOf(join(folder.path, 'file', 'data'))).toBe('data_folder_unwritable');
  });

  test('with a newer database is refused, and the file is left as it is', () => {
    openedCache(folder.path).close();
    const file = join(folder.path, 'desk.db');
    const newer = new Database(file);
    newer.pragma('user_version = 99');
    newer.close();
    const before = readFileSync(file);
    expect(problemOf(folder.path)).toBe('data_newer');
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(problemOf(folder.path)).toBe('data_newer');
  });
});

describe('a transaction', () => {
  test('refuses a promise and keeps nothing of it', () => {
    const cache = openedCache(folder.path);
    const device = readDevice(cache);
    const outbox = createOutbox(cache, device.deviceId);
    expect(() => cache.transaction(async () => outbox.enqueue(newCharge(accountId)))).toThrow(/promise/);
    expect(outbox.pending(accountId).count).toBe(0);
    cache.close();
  });
});

test('the database is safe against a power cut at each commit', () => {
  const cache = openedCache(folder.path);
  expect(cache.sql.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(cache.sql.pragma('synchronous', { simple: true })).toBe(2n);
  expect(cache.sql.pragma('foreign_keys', { simple: true })).toBe(1n);
  cache.close();
});

/** Fills a database well beyond one page, so that damage can hit a part of it. */
function fill(count: number): { readonly deviceId: string; readonly ids: string[] } {
  const cache = openedCache(folder.path);
  const { deviceId } = readDevice(cache);
  const outbox = createOutbox(cache, deviceId);
  createSettings(cache).update({ language: 'en-US' });
  const ids = cache.transaction(() =>
    Array.from({ length: count }, () => outbox.enqueue({ ...newCharge(accountId), campaignId: 'c1' }).id),
  );
  cache.close();
  return { deviceId, ids };
}

function overwrite(offset: number, bytes: number): void {
  const handle = openSync(join(folder.path, 'desk.db'), 'r+');
  writeSync(handle, Buffer.alloc(bytes, 0xa5), 0, bytes, offset);
  closeSync(handle);
}

describe('a damaged database (S9)', () => {
  test('is set aside unchanged, and the charges that can be read are in the new one', () => {
    const { deviceId, ids } = fill(2_000);
    // One leaf of the outbox in the middle of the file.
    const root = new Database(join(folder.path, 'desk.db'), { readonly: true });
    const leaf = root
      .prepare("SELECT pageno FROM dbstat WHERE name = 'outbox' AND pagetype = 'leaf' ORDER BY pageno")
      .all() as { pageno: number }[];
    root.close();
    overwrite((leaf[Math.floor(leaf.length / 2)]!.pageno - 1) * 4_096, 4_096);
    const damaged = readFileSync(join(folder.path, 'desk.db'));

    const opened = openCache(folder.path, Date.parse('2026-03-01T10:00:00.000Z'));
    if (!opened.ok || opened.salvaged === null) throw new Error('not salvaged');
    const kept = join(folder.path, 'desk.db.damaged-2026-03-01T10-00-00-000Z');
    expect(opened.salvaged.damagedFile).toBe(kept);
    expect(readFileSync(kept).equals(damaged)).toBe(true);

    expect(readDevice(opened.cache).deviceId).toBe(deviceId);
    expect(createSettings(opened.cache).current().language).toBe('en-US');
    const outbox = createOutbox(opened.cache, deviceId);
    const saved = ids.filter((id) => outbox.get(id) !== null);
    expect(saved.length).toBeGreaterThan(1_900);
    expect(saved.length).toBeLessThan(2_000);
    expect(outbox.pending(accountId).count).toBe(saved.length);
    const next = opened.cache.transaction(() => outbox.enqueue(newCharge(accountId)));
    expect(next.deviceSeq).toBe(2_001);
    opened.cache.close();
  });

  test.each([100, 4_096])(
    'of which the first %i bytes are gone is read by the page that was kept',
    (bytes) => {
      fill(10);
      const grown = fill(2_000);
      overwrite(0, bytes);
      const opened = openCache(folder.path, Date.now());
      if (!opened.ok) throw new Error(opened.problem.code);
      expect(opened.salvaged).toMatchObject({ saved: { outbox: 2_010 }, refused: 0 });
      expect(readDevice(opened.cache).deviceId).toBe(grown.deviceId);
      opened.cache.close();
      const names = readdirSync(folder.path);
      expect(names.filter((name) => name.startsWith('desk.db.damaged-'))).toHaveLength(1);
    },
  );

  test('of which nothing can be read gives way to a new one, and is kept', () => {
    fill(10);
    rmSync(join(folder.path, 'desk.db.first-page'));
    overwrite(0, 4_096);
    const opened = openCache(folder.path, Date.now());
    if (!opened.ok) throw new Error(opened.problem.code);
    expect(opened.salvaged?.saved['outbox']).toBe(0);
    opened.cache.close();
    expect(readdirSync(folder.path).some((name) => name.startsWith('desk.db.damaged-'))).toBe(true);
    expect(problemOf(folder.path)).toBe('opened');
  });

  test('that was cut off is noticed', () => {
    fill(2_000);
    const file = join(folder.path, 'desk.db');
    writeFileSync(file, readFileSync(file).subarray(0, Math.floor(statSync(file).size / 2)));
    const opened = openCache(folder.path, Date.now());
    if (!opened.ok) throw new Error(opened.problem.code);
    expect(opened.salvaged).not.toBeNull();
    opened.cache.close();
  });

  test('a suspicion that finds nothing leaves all as it is', () => {
    const { ids } = fill(10);
    writeFileSync(suspectMarker(folder.path), '');
    const opened = openCache(folder.path, Date.now());
    if (!opened.ok) throw new Error(opened.problem.code);
    expect(opened.salvaged).toBeNull();
    expect(createOutbox(opened.cache, 'd').get(ids[0]!)).not.toBeNull();
    expect(statSync(suspectMarker(folder.path), { throwIfNoEntry: false })).toBeUndefined();
    opened.cache.close();
  });
});

/** A desk that was killed: most of it is still in the journal. Returns the ids of its charges, oldest first. */
function killed(): string[] {
  const cache = openedCache(folder.path);
  const outbox = createOutbox(cache, readDevice(cache).deviceId);
  const ids = Array.from({ length: 200 }, () =>
    cache.transaction(() => outbox.enqueue(newCharge(accountId)).id),
  );
  mkdirSync(join(folder.path, 'killed'));
  for (const name of ['desk.db', 'desk.db-wal', 'desk.db-shm', 'desk.db.first-page'])
    cpSync(join(folder.path, name), join(folder.path, 'killed', name));
  cache.close();
  return ids;
}
const killedFile = (suffix: string): string => join(folder.path, 'killed', `desk.db${suffix}`);
function reopened(): { readonly isSalvaged: boolean; readonly found: number } {
  const opened = openCache(join(folder.path, 'killed'), Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  const found = createOutbox(opened.cache, 'd').pending(accountId).count;
  opened.cache.close();
  return { isSalvaged: opened.salvaged !== null, found };
}
function garble(suffix: string, share: number, bytes: number): void {
  const content = readFileSync(killedFile(suffix));
  const from = Math.floor(content.length * share);
  writeFileSync(killedFile(suffix), content.fill(0xa5, from, from + bytes));
}

describe('a journal that has lost transactions (S9)', () => {
  test('is none after a kill alone', () => {
    const ids = killed();
    expect(reopened()).toEqual({ isSalvaged: false, found: ids.length });
  });

  test('cut off in the middle is noticed, and what is before the cut is saved', () => {
    killed();
    writeFileSync(
      killedFile('-wal'),
      readFileSync(killedFile('-wal')).subarray(0, statSync(killedFile('-wal')).size / 2),
    );
    const { isSalvaged, found } = reopened();
    expect(isSalvaged).toBe(true);
    expect(found).toBeGreaterThan(50);
  });

  test('overwritten in the middle is noticed, also without its index', () => {
    killed();
    garble('-wal', 0.5, 3_000);
    rmSync(killedFile('-shm'));
    const { isSalvaged, found } = reopened();
    expect(isSalvaged).toBe(true);
    expect(found).toBeGreaterThan(50);
  });

  test('without its header is noticed', () => {
    killed();
    garble('-wal', 0, 20);
    expect(reopened().isSalvaged).toBe(true);
  });

  test('is none when only its index is garbled: that is made anew', () => {
    const ids = killed();
    garble('-shm', 0, 32_768);
    expect(reopened()).toEqual({ isSalvaged: false, found: ids.length });
  });
});

describe('settings', () => {
  test('start from the defaults, and one that no longer parses costs only itself', () => {
    const cache = openedCache(folder.path);
    expect(createSettings(cache).current()).toEqual(settingsDefault);
    createSettings(cache).update({ concurrency: 8, theme: 'dark' });
    cache.sql.exec(`UPDATE settings SET value = json_set(value, '$.theme', 'purple') WHERE key = 'desk'`);
    expect(createSettings(cache).current()).toEqual({ ...settingsDefault, concurrency: 8 });
    cache.close();
  });
});

test('a database of an older version is brought up to this one, with what is in it', () => {
  const older = new Database(join(folder.path, 'desk.db'));
  older.exec(readFileSync(new URL('migrations/0001_cache.sql', import.meta.url), 'utf8'));
  older.exec("INSERT INTO device (only_row, device_id, name) VALUES (1, 'an older desk', 'desk')");
  older.pragma('user_version = 1');
  older.close();
  const cache = openedCache(folder.path);
  expect(Number(cache.sql.pragma('user_version', { simple: true }))).toBeGreaterThan(1);
  expect(cache.sql.prepare('SELECT count(*) AS n FROM campaigns').get()).toEqual({ n: 0n });
  expect(readDevice(cache).deviceId).toBe('an older desk');
  cache.close();
});
