/** Checks that a backup is whole while the desk works, and that restoring one loses nothing and charges nothing twice. */
import { copyFileSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshFolder, startTestDesk, type TestDesk } from '../sync/test-desk.ts';
import { startTestServer, type TestServer } from '../sync/test-server.ts';
import { backupsKeptMax, createBackups, type Backups } from './backups.ts';

let folder: ReturnType<typeof freshFolder>;
let server: TestServer;
let desk: TestDesk;
let nowMs: number;

beforeEach(async () => {
  folder = freshFolder();
  server = await startTestServer();
  server.recharge('100.00');
  desk = await startedDesk(folder.path);
  nowMs = Date.parse('2026-03-01T00:00:00.000Z');
});
afterEach(async () => {
  await desk.end();
  await server.close();
  folder.remove();
});

async function startedDesk(path: string): Promise<TestDesk> {
  const started = startTestDesk(path, server);
  await started.signIn();
  return started;
}
const backupsOf = (path: string): Backups =>
  createBackups(desk.cache, path, () => {
    nowMs += 1_000;
    return nowMs;
  });
const pendingCount = () => desk.outbox.pending(server.account.id).count;

/** Starts a desk on an empty folder that has nothing but the backups. */
async function moveTo(path: string, from: string): Promise<Backups> {
  await desk.end();
  desk = await startedDesk(path);
  mkdirSync(join(path, 'backups'));
  for (const name of readdirSync(join(from, 'backups')))
    copyFileSync(join(from, 'backups', name), join(path, 'backups', name));
  return backupsOf(path);
}

test('a backup made while charges come in is a whole database of one moment', async () => {
  const backups = backupsOf(folder.path);
  desk.charge(2_000);
  const making = backups.make();
  desk.charge(5);
  const made = await making;
  expect(backups.list()).toEqual([made]);
  expect(made.bytes).toBeGreaterThan(0);
  const other = freshFolder();
  const there = await moveTo(other.path, folder.path);
  expect(there.restore(made.name)).toMatchObject({ kind: 'restored' });
  expect(pendingCount()).toBeGreaterThanOrEqual(2_000);
  other.remove();
});

test('a restored backup charges nothing twice: what was charged since is replayed (S8)', async () => {
  const backups = backupsOf(folder.path);
  const ids = desk.charge(3);
  const made = await backups.make();
  await desk.rounds.now();
  expect(server.ledger).toHaveLength(4);

  const other = freshFolder();
  const there = await moveTo(other.path, folder.path);
  expect(there.restore(made.name)).toEqual({ kind: 'restored', restored: { charges: 3, campaigns: 0 } });
  desk.outbox.recover();
  expect(pendingCount()).toBe(3);
  await desk.rounds.now();
  expect(ids.map((id) => desk.outbox.get(id)?.state)).toEqual(['settled', 'settled', 'settled']);
  expect(server.ledger).toHaveLength(4);
  other.remove();
});

test('a restore takes nothing away: charges made since the backup stay, and no number is given twice', async () => {
  const backups = backupsOf(folder.path);
  desk.charge(2);
  const made = await backups.make();
  await desk.rounds.now();
  const [later] = desk.charge(1);
  expect(backups.restore(made.name)).toEqual({ kind: 'restored', restored: { charges: 0, campaigns: 0 } });
  expect(pendingCount()).toBe(1);
  expect(desk.outbox.get(later ?? '')?.deviceSeq).toBe(3);
  const [next] = desk.charge(1);
  expect(desk.outbox.get(next ?? '')?.deviceSeq).toBe(4);
});

test('only the last seven are kept, newest first', async () => {
  const backups = backupsOf(folder.path);
  for (let n = 0; n < backupsKeptMax + 2; n += 1) await backups.make();
  const names = backups.list().map(({ name }) => name);
  expect(names).toHaveLength(backupsKeptMax);
  expect(names).toEqual(names.toSorted().toReversed());
  expect(readdirSync(backups.folder).filter((name) => name.includes('partial'))).toEqual([]);
});

test('one that is damaged, newer, unknown or outside its folder is refused, and changes nothing', async () => {
  const backups = backupsOf(folder.path);
  desk.charge(200);
  const damaged = await backups.make();
  truncateSync(join(backups.folder, damaged.name), 20_000);
  expect(backups.restore(damaged.name)).toEqual({ kind: 'unreadable' });
  writeFileSync(join(backups.folder, damaged.name), 'no database');
  expect(backups.restore(damaged.name)).toEqual({ kind: 'unreadable' });

  const version = Number(desk.cache.sql.pragma('user_version', { simple: true }));
  desk.cache.sql.pragma(`user_version = ${version + 1}`);
  const newer = await backups.make();
  desk.cache.sql.pragma(`user_version = ${version}`);
  expect(backups.restore(newer.name)).toEqual({ kind: 'newer' });

  expect(backups.restore('../desk.db')).toEqual({ kind: 'not_found' });
  expect(pendingCount()).toBe(200);
});
