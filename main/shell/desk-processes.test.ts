import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { startDeskProcesses, type DeskProcesses, type DeskProcessesOptions } from './desk-processes.ts';
import type { HostCapabilities } from './engine-link.ts';
import { nodeEngine, nodeServer } from './programs.ts';
import { openProcessLog } from './data-folder.ts';

const engineEntry = join(import.meta.dirname, 'test-engine.ts');
const serverEntry = join(import.meta.dirname, 'test-server.ts');
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const host: HostCapabilities = {
  'file.savePath': async ({ suggestedName }) => ({ path: `/exports/${suggestedName}`, download: null }),
  'file.reveal': async () => ({}),
  'link.open': async () => ({}),
  'secret.get': async () => ({ value: null }),
  'secret.set': async () => ({}),
  'notify.show': async () => ({}),
};

interface Watched {
  readonly processes: DeskProcesses;
  readonly events: [string, unknown][];
  readonly lost: DeskProblem[];
}

function start(folder = 'desk', extra: Partial<DeskProcessesOptions> = {}): Watched {
  const parent = mkdtempSync(join(tmpdir(), 'zhangtai-processes-'));
  const log = openProcessLog(parent);
  const events: [string, unknown][] = [];
  const lost: DeskProblem[] = [];
  const processes = startDeskProcesses({
    dataDir: join(parent, folder),
    serverUrl: 'http://127.0.0.1:9',
    spawnEngine: nodeEngine(process.execPath, engineEntry, log.descriptor),
    demoServer: null,
    host,
    onEvent: (name, payload) => events.push([name, payload]),
    onLost: (problem) => lost.push(problem),
    onOddity: log.note,
    ...extra,
  });
  cleanups.push(async () => {
    await processes.stop();
    rmSync(parent, { recursive: true, force: true });
  });
  return { processes, events, lost };
}

interface TestState {
  pid: number;
  input: unknown;
  demoServerUrl: string | null;
  wakes: number;
  /** Of each time it was told of the demonstration server. */
  demoStartings: boolean[];
}

async function state(processes: DeskProcesses): Promise<TestState> {
  const reply = await processes.invoke('desk.state', {});
  expect(reply.ok).toBe(true);
  return reply['output'] as TestState;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('A command given before the engine is ready waits for it and is answered', async () => {
  const { processes } = start();
  const reply = await processes.invoke('desk.state', { a: 1 });
  expect(reply).toMatchObject({ ok: true, output: { input: { a: 1 }, serverUrl: 'http://127.0.0.1:9' } });
});

test('A command without an input is answered like any other', async () => {
  const { processes } = start();
  expect(await processes.invoke('desk.state', undefined)).toMatchObject({
    ok: true,
    output: { input: null },
  });
});

test('A name that is no command never reaches the engine', async () => {
  const { processes } = start();
  for (const name of ['desk.destroy', 'toString', '__proto__'])
    expect(await processes.invoke(name, {})).toEqual({
      ok: false,
      problem: { code: 'input_invalid', params: {} },
    });
});

test('An engine that dies answers what was under way, tells the page, and is started again', async () => {
  const { processes, events } = start();
  const before = await state(processes);
  const underWay = processes.invoke('sync.now', {});
  const deadly = processes.invoke('history.verify', {});
  const stopped = { ok: false, problem: { code: 'engine_stopped', params: {} } };
  expect(await underWay).toEqual(stopped);
  expect(await deadly).toEqual(stopped);
  expect(await processes.invoke('desk.state', {})).toEqual(stopped);
  await vi.waitFor(
    () =>
      expect(events).toEqual([
        ['engine', { status: 'down' }],
        ['engine', { status: 'up' }],
      ]),
    {
      timeout: 20_000,
    },
  );
  expect((await state(processes)).pid).not.toBe(before.pid);
});

test('A page that shows what the last engine left is told, once, when the first one is up', async () => {
  const { processes, events } = start('desk', { isLastStateShown: true });
  expect(await processes.ready).toBe(true);
  await state(processes);
  expect(events).toEqual([['engine', { status: 'up' }]]);
});

test('An engine that keeps dying is given up after six deaths, which is told once', async () => {
  const { processes, lost } = start('crashing');
  expect(await processes.ready).toBe(false);
  expect(lost).toEqual([{ code: 'engine_stopped', params: {} }]);
});

test('An engine that refuses to start is not started again, and why is told', async () => {
  const { processes, lost } = start('in-use');
  expect(await processes.ready).toBe(false);
  expect(lost).toEqual([{ code: 'data_folder_in_use', params: {} }]);
  expect(await processes.invoke('desk.state', {})).toMatchObject({ ok: false });
});

test('What the engine borrows is asked of the host; what the host does not lend is refused', async () => {
  const { processes } = start();
  expect((await processes.invoke('export.start', {}))['output']).toEqual({
    ok: true,
    output: { path: '/exports/账单.csv', download: null },
  });
  expect((await processes.invoke('export.reveal', {}))['output']).toMatchObject({ ok: false });
});

test('Events and the news of a waking machine are passed on', async () => {
  const { processes, events } = start();
  await processes.invoke('history.spend', {});
  expect(events).toEqual([['ledger', { lastSeq: 7 }]]);
  processes.wake();
  expect((await state(processes)).wakes).toBe(1);
});

test('The demonstration server is started again when it dies, and the engine learns its new address', async () => {
  const demoServer = { spawnServer: nodeServer(process.execPath, serverEntry, 2), dataDir: 'unused' };
  const { processes } = start('desk', { serverUrl: null, demoServer });
  const address = (): Promise<string> =>
    vi.waitFor(
      async () => {
        const { demoServerUrl } = await state(processes);
        expect(demoServerUrl).not.toBeNull();
        return String(demoServerUrl);
      },
      { timeout: 20_000 },
    );
  const first = await address();
  // On its way from the first word on, and no longer once it is there.
  expect((await state(processes)).demoStartings).toEqual([true, false]);
  const pid = Number(await (await fetch(first)).text());
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect((await state(processes)).demoServerUrl).not.toBe(first), {
    timeout: 20_000,
  });
  const second = await address();
  const secondPid = Number(await (await fetch(second)).text());
  expect(secondPid).not.toBe(pid);
  await processes.stop();
  expect(isRunning(secondPid)).toBe(false);
});

test('When the shell is killed outright, neither the engine nor the server stays behind', async () => {
  const program = `
    import { startDeskProcesses } from ${JSON.stringify(join(import.meta.dirname, 'desk-processes.ts'))};
    import { nodeServer } from ${JSON.stringify(join(import.meta.dirname, 'programs.ts'))};
    import { nodeEngine } from ${JSON.stringify(join(import.meta.dirname, 'programs.ts'))};
    let pid;
    const processes = startDeskProcesses({
      dataDir: '/nowhere', serverUrl: null, host: {},
      spawnEngine: nodeEngine(process.execPath, ${JSON.stringify(engineEntry)}, 2),
      demoServer: { spawnServer: nodeServer(process.execPath, ${JSON.stringify(serverEntry)}, 2), dataDir: 'unused' },
      onEvent: () => {}, onLost: () => {}, onOddity: console.error,
    });
    const ask = async () => {
      const { output } = await processes.invoke('desk.state', {});
      if (output.demoServerUrl === null) return setTimeout(ask, 20);
      console.log(JSON.stringify([output.pid, Number(await (await fetch(output.demoServerUrl)).text())]));
    };
    await ask();`;
  const shell = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pids = JSON.parse(line.toString()) as number[];
  expect(pids.map(isRunning)).toEqual([true, true]);
  shell.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]), { timeout: 20_000 });
});
