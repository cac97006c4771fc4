/**
 * What a disk or a copy can do to the data folder of a running desk, on real files and processes: nothing that an agent
 * did goes unpaid, nothing is paid twice, and the operator is told in words of their own language.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { freshFolder } from '../sync/test-desk.ts';
import { signInElsewhere, type Elsewhere } from './test-elsewhere.ts';
import { confirm, draft, expectAgrees, expectChargedOnce, signIn, whenDone } from './test-operator.ts';
import { startDemoServer, startEngine, type DemoServer, type EngineProcess } from './test-process.ts';
import { Strikes, strikingAgent, type StrikingAgent } from './test-strikes.ts';

let server: DemoServer;
let elsewhere: Elsewhere;
let agent: StrikingAgent;
let folder: ReturnType<typeof freshFolder>;
let secrets: Map<string, string | null>;
let engines: EngineProcess[];

beforeAll(async () => {
  server = await startDemoServer();
  elsewhere = await signInElsewhere(server.url, 'operator');
  agent = await strikingAgent(new Strikes(async () => undefined));
});
afterAll(async () => {
  await agent.close();
  await server.stop();
});
beforeEach(() => {
  folder = freshFolder();
  secrets = new Map();
  engines = [];
});
afterEach(async () => {
  for (const engine of engines) await engine.end('SIGKILL');
  folder.remove();
});

/** One life of an engine on this folder, ended after the test if it still lives. */
async function live(dataDir: string, extras: { readonly execArgv?: readonly string[] } = {}) {
  const engine = startEngine({ dataDir, serverUrl: server.url, secrets, ...extras });
  engines.push(engine);
  await engine.ready();
  return engine;
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}ok_${n}`);

function followed(prefix: string): number {
  return [...agent.follows.keys()].filter((target) => target.startsWith(prefix)).length;
}

/** Kinds and parameters of the notices that a life has told. */
function notices(engine: EngineProcess): unknown[] {
  return engine.heard.flatMap((told) =>
    told.kind === 'event' && told.name === 'notice' ? [told.payload] : [],
  );
}

const concurrency = 3;

/** A campaign that meets a full disk on its way: it stops before a follow that could not be written, and ends well. */
async function through(
  engine: EngineProcess,
  prefix: string,
  fill: () => void,
  clear: () => void,
): Promise<true> {
  await signIn(engine, concurrency);
  const before = await elsewhere.balance();
  await engine.ask('desk.state', {});
  const campaign = await draft(engine, agent.url, prefix, names(prefix, 60));
  await confirm(engine, campaign);
  await vi.waitFor(() => expect(followed(prefix)).toBeGreaterThan(5), { timeout: 20_000, interval: 5 });
  fill();
  await vi.waitFor(
    () =>
      expect(notices(engine)).toContainEqual(
        expect.objectContaining({ kind: expect.stringMatching(/^(?:disk_full|campaign_paused)$/) }),
      ),
    { timeout: 20_000 },
  );
  const { counts } = await engine.ask('campaign.get', { id: campaign.id });
  // What was under way when the disk filled up, and no more.
  expect(followed(prefix) - counts.succeeded).toBeLessThanOrEqual(concurrency);
  expect(followed(prefix)).toBeLessThan(60);
  clear();
  const done = await whenDone(engine, campaign.id);
  expect(done.counts).toMatchObject({ succeeded: 60, unknown: 0 });
  await expectChargedOnce({ elsewhere, agent, before, prefix });
  await expectAgrees(engine, elsewhere);
  return true;
}

describe('a full disk', () => {
  test('that takes no further page of the database', async () => {
    const preload = new URL('test-full-disk.ts', import.meta.url).href;
    const engine = await live(join(folder.path, 'data'), { execArgv: ['--import', preload] });
    const fill = (): void => void engine.child.kill('SIGUSR2');
    const clear = (): void => void engine.child.kill('SIGHUP');
    expect(await through(engine, 'page_', fill, clear)).toBe(true);
  });

  describe('of its own', () => {
    let disk: string;
    let isMounted: boolean;
    beforeEach(() => {
      disk = join(folder.path, 'disk');
      mkdirSync(disk);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]);
      isMounted = mounted.status === 0;
      if (!isMounted) console.log(`no disk of its own: ${mounted.stderr?.toString() ?? 'no mount'}`);
    });
    afterEach(async () => {
      for (const engine of engines) await engine.end('SIGKILL');
      if (isMounted) spawnSync('umount', [disk]);
    });

    /** Leaves this much room; the engine writes meanwhile, so that the last of it may be gone before it is taken. */
    function leave(bytes: number): void {
      const { bavail, bsize } = statfsSync(disk);
      const ballast = spawnSync('dd', [
        'if=/dev/zero',
        `of=${join(disk, 'ballast')}`,
        `bs=${bsize}`,
        `count=${bavail - Math.floor(bytes / bsize)}`,
      ]);
      expect(ballast.error).toBeUndefined();
    }

    test.for([0, 1_000_000])('with %i bytes left', async (left, { skip }) => {
      skip(!isMounted, 'nothing can be mounted here');
      const engine = await live(join(disk, 'data'));
      const clear = (): void => rmSync(join(disk, 'ballast'));
      expect(await through(engine, `left${left}_`, () => leave(left), clear)).toBe(true);
    });
  });
});
