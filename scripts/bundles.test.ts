// Proves that what would be packed is whole and clean: the bundles run with nothing else within reach, on plain Node, and
// hold nothing of the machine that built them.
import { isBuiltin } from 'node:module';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { commands, type CommandInput, type CommandName, type CommandOutput } from '../shared/ipc.ts';
import { BalanceState, DeskState } from '../shared/ipc-desk.ts';
import type { ExportState } from '../shared/ipc-history.ts';
import { openProcessLog } from '../main/shell/data-folder.ts';
import { startDeskProcesses, type DeskProcesses } from '../main/shell/desk-processes.ts';
import { nodeEngine, nodeServer } from '../main/shell/programs.ts';
import { buildChanged } from './build.ts';
import { foreignFiles, stageApp } from './packed-files.ts';

const root = dirname(import.meta.dirname);
let folder: string;
let app: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-bundles-'));
  app = join(folder, 'app');
  // Away from the project: no package of its node_modules can be found from there.
  await buildChanged('all', join(folder, 'dist'));
  stageApp(app, join(folder, 'dist'), process);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function filesBelow(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(place, file)).isFile(),
  );
}

const bundle = (file: string): string => readFileSync(join(app, 'dist', file), 'utf8');
const bundled = (): string[] =>
  filesBelow(join(app, 'dist')).filter((file) => /\.(?:js|cjs|css)$/.test(file));

test('Only files of the list are packed, and a file that is not on it is told', () => {
  const files = filesBelow(app).map((file) => file.replaceAll('\\', '/'));
  expect(files.length).toBeGreaterThan(30);
  expect(foreignFiles(files, process)).toEqual([]);
  const strangers = [
    'main/shell/electron.ts',
    'dist/renderer/assets/index.js.map',
    'node_modules/better-sqlite3/prebuilds/win32-arm64.node',
    'node_modules/vitest/package.json',
    '.env',
  ];
  expect(foreignFiles(strangers, { platform: 'linux', arch: 'x64' })).toEqual(strangers);
});

test('No bundle holds a source map or a path of the machine that built it', () => {
  const home = process.env['HOME'] ?? '';
  // A short home such as `/` would be found in anything.
  const paths = [root, folder, ...(home.length > 4 ? [home] : [])];
  const tellTale = bundled().filter((file) => paths.some((path) => bundle(file).includes(path)));
  expect(tellTale).toEqual([]);
  expect(bundled().filter((file) => /[#@]\s*sourceMappingURL=/.test(bundle(file)))).toEqual([]);
});

/** Places in a program where text becomes code. */
function madeCode(text: string): string[] {
  const places = text.match(/(?:\bnew\s+|[^.\w])Function\s*\([^)]*\)|[^.\w]eval\s*\(/g) ?? [];
  return places.map((place) => place.replace(/^\W/, ''));
}

/** How a program of the page would load something of Node's or Electron's. */
const nodeLoads = [
  /["'`]node:[a-z]/,
  /\brequire\s*\(\s*["'`]/,
  /\bfrom\s*["'`](?:electron|fs|path|child_process|os)["'`]/,
  /\bimport\s*\(\s*["'`](?:electron|fs|path|child_process|os)["'`]/,
];

test('The page loads neither Node nor Electron, and makes no code from text', () => {
  const page = bundled().filter((file) => file.startsWith('renderer') && file.endsWith('.js'));
  expect(page.length).toBeGreaterThan(0);
  expect(page.filter((file) => nodeLoads.some((load) => load.test(bundle(file))))).toEqual([]);
  // zod asks once whether it may; page-policy.ts answers before it does, and the page's policy forbids it anyway.
  expect(page.flatMap((file) => madeCode(bundle(file)))).toEqual(['Function(``)']);
});

test('The page begins without the contract: what is loaded first describes no data', () => {
  const [first = ''] = /assets\/[\w-]+\.js/.exec(bundle('renderer/index.html')) ?? [];
  const loaded = new Set([`renderer/${first}`]);
  for (const file of loaded)
    for (const [, name = ''] of bundle(file).matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([\w-]+\.js)["']/g))
      loaded.add(`renderer/assets/${name}`);
  const schemas = (file: string): boolean => bundle(file).includes('_zod');
  expect([...loaded].filter(schemas)).toEqual([]);
  const later = bundled().filter((file) => file.startsWith('renderer') && !loaded.has(file));
  expect(later.filter(schemas)).not.toEqual([]);
});

test('The preload script loads Electron alone; the main script makes no code from text', () => {
  expect(bundle('preload/preload.cjs').match(/require\(["'][^"']+["']\)/g)).toEqual(['require("electron")']);
  expect(madeCode(bundle('preload/preload.cjs'))).toEqual([]);
  // The same question of zod's, and what lodash (below the updater) would do where there is no global object.
  const main = bundled().filter((file) => /^main\b/.test(file));
  expect(new Set(main.flatMap((file) => madeCode(bundle(file))))).toEqual(
    new Set(['new Function("")', 'Function("return this")']),
  );
});

test('The bundles load nothing but Node, Electron, each other and the packages that are packed beside them', () => {
  const packed = new Set(['better-sqlite3', '@node-rs/argon2', '@electric-sql/pglite', 'electron']);
  const foreign = bundled()
    .filter((file) => /^(?:engine|server)/.test(file))
    .flatMap((file) =>
      [...bundle(file).matchAll(/^import\b[^;]*?["']([^"'\n]+)["'];$/gm)].map(([, name = '']) => name),
    )
    .filter((name) => !name.startsWith('./') && !packed.has(name))
    .filter((name) => !isBuiltin(name));
  expect(foreign).toEqual([]);
});

test('The bundled engine and server take a person from the first sign-in to a bill in both formats', async () => {
  const log = openProcessLog(folder);
  const exported: string[] = [];
  const events: [string, unknown][] = [];
  const processes = startDeskProcesses({
    dataDir: join(folder, 'desk'),
    serverUrl: null,
    spawnEngine: nodeEngine(process.execPath, join(app, 'dist/engine/process.js'), log.descriptor),
    demoServer: {
      spawnServer: nodeServer(process.execPath, join(app, 'dist/server/start.js'), log.descriptor),
      dataDir: join(folder, 'desk', 'server'),
    },
    host: {
      'file.savePath': async ({ suggestedName }) => {
        exported.push(join(folder, suggestedName));
        return { path: join(folder, suggestedName), download: null };
      },
      'file.reveal': async () => ({}),
      'link.open': async () => ({}),
      'secret.get': async () => ({ value: null }),
      'secret.set': async () => ({}),
      'notify.show': async () => ({}),
    },
    onEvent: (name, payload) => events.push([name, payload]),
    onLost: (problem) => {
      throw new Error(problem.code);
    },
    onOddity: log.note,
  });
  try {
    await vi.waitFor(
      async () => expect((await ask(processes, 'desk.state', {})).session.demoAvailable).toBe(true),
      {
        timeout: 60_000,
        interval: 200,
      },
    );
    await ask(processes, 'session.startDemo', { member: 'plain' });
    await vi.waitFor(
      async () =>
        expect(BalanceState.parse((await ask(processes, 'desk.state', {})).balance).balance).toBe('1330.68'),
      { timeout: 30_000, interval: 200 },
    );
    const { report } = await ask(processes, 'campaign.create', {
      name: '打包',
      platform: 'xiaohongshu',
      operation: 'follow',
      executor: { kind: 'simulated', seed: 1, failurePercent: 0, latencyMs: 0 },
      targets: { kind: 'text', text: 'user_1\nuser_2\nuser_1\n' },
    });
    expect(report).toMatchObject({ good: 2, duplicates: 1 });
    for (const format of ['xlsx', 'csv'] as const) {
      const started = await ask(processes, 'export.start', { filter: {}, format });
      const ended = (): unknown =>
        events.findLast(
          ([name, payload]) => name === 'export' && (payload as ExportState).id === started?.id,
        )?.[1];
      await vi.waitFor(() => expect(ended()).toMatchObject({ phase: 'done', problem: null }), {
        timeout: 30_000,
      });
    }
    expect(exported.map((path) => statSync(path).size > 10_000)).toEqual([true, true]);
    expect(DeskState.parse(await ask(processes, 'desk.state', {})).about.version).toBe(ownVersion());
  } finally {
    await processes.stop();
  }
});

async function ask<N extends CommandName>(
  processes: DeskProcesses,
  name: N,
  input: CommandInput<N>,
): Promise<CommandOutput<N>> {
  const reply = await processes.invoke(name, input);
  expect(reply).toMatchObject({ ok: true });
  return commands[name].output.parse(reply['output']) as CommandOutput<N>;
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
