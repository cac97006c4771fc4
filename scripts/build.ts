/**
 * Builds what the shells load into dist/: the page, the two bridges, Electron's main script, and the engine and the
 * demonstration server for an installed app. It must never leave a half-built folder where a shell looks: each part
 * is built aside and then put in place, and only when something it is made of has changed.
 */
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import type { InlineConfig } from 'vite';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

interface Part {
  /** The folder below dist/, and the name of its stamp. */
  readonly folder: string;
  readonly sources: readonly string[];
  readonly config: InlineConfig;
  /** Only an installed app runs it; a run from the sources does not wait for it. */
  readonly installedOnly?: true;
  /** Files that its code reads beside itself: a folder of the sources, with its name in the part. */
  readonly beside?: { readonly from: string; readonly as: string };
}

/** Packages that stay packages: they load a file of their own, native or WebAssembly, from beside themselves. */
export const packedAsPackages = ['better-sqlite3', '@node-rs/argon2', '@electric-sql/pglite'];
/** What pg and unzipper (below exceljs) ask for only when told to: a native twin, a cloud's storage. Not installed. */
const neverAsked = ['pg-native', '@aws-sdk/client-s3'];

/** A single script without imports at run time but those named. */
function script(entry: string, file: string, format: 'cjs' | 'iife', target: string): InlineConfig {
  const forNode = format === 'cjs';
  return {
    root,
    publicDir: false,
    resolve: forNode ? { conditions: ['node', 'import', 'default'], mainFields: ['module', 'main'] } : {},
    ssr: { noExternal: true },
    build: {
      ssr: forNode,
      target,
      minify: false,
      lib: { entry: join(root, entry), formats: [format], name: 'bridge', fileName: () => file },
      rolldownOptions: {
        external: forNode ? ['electron', /^node:/, ...builtinModules] : [],
        output: { entryFileNames: file },
      },
    },
  };
}

/** Programs of a process of their own, as modules for the Node of the current Electron, with what they share beside. */
function programs(entries: Record<string, string>): InlineConfig {
  return {
    root,
    publicDir: false,
    resolve: { conditions: ['node', 'import', 'default'], mainFields: ['module', 'main'] },
    ssr: { noExternal: true, external: packedAsPackages },
    build: {
      ssr: true,
      target: 'node22',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
        external: [...neverAsked, ...packedAsPackages],
        // Flat, so that a part's own folder is where its sources' folder was to them.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  };
}

const parts: readonly Part[] = [
  {
    folder: 'web-bridge',
    sources: ['preload/web-bridge.ts'],
    config: script('preload/web-bridge.ts', 'web-bridge.js', 'iife', 'chrome114'),
  },
  {
    folder: 'preload',
    sources: ['preload/preload.ts'],
    config: script('preload/preload.ts', 'preload.cjs', 'cjs', 'node18'),
  },
  {
    folder: 'main',
    sources: ['main/shell/**/*', 'main/*.ts', 'shared/**/*', 'build/images/*'],
    config: script('main/shell/electron.ts', 'electron.cjs', 'cjs', 'node18'),
    beside: { from: 'build/images', as: 'images' },
  },
  {
    folder: 'engine',
    sources: ['main/**/*', 'shared/**/*'],
    config: programs({
      process: 'main/engine/process.ts',
      'history-worker': 'main/cache/history-worker.ts',
      'export-worker': 'main/export/export-worker.ts',
      'targets-worker': 'main/campaign/targets-worker.ts',
      'bill-worker': 'main/bills/bill-worker.ts',
    }),
    installedOnly: true,
    beside: { from: 'main/cache/migrations', as: 'migrations' },
  },
  {
    folder: 'server',
    sources: ['server/**/*', 'shared/**/*'],
    config: programs({ start: 'server/start.ts' }),
    installedOnly: true,
    beside: { from: 'server/database/migrations', as: 'migrations' },
  },
  {
    folder: 'renderer',
    sources: ['renderer/**/*', 'shared/**/*'],
    config: { root: join(root, 'renderer'), configFile: join(root, 'renderer/vite.config.ts') },
  },
];

/** A digest of everything the part is made of, this script and the packages' versions included. */
function inputDigest(part: Part): string {
  const files = globSync([...part.sources, 'scripts/build.ts', 'package-lock.json'], {
    cwd: root,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function stampOf(place: string): string | null {
  try {
    return readFileSync(join(place, '.stamp'), 'utf8');
  } catch {
    // Never built, or half removed: either way it is built now.
    return null;
  }
}

async function buildPart(part: Part, digest: string, place: string, outDir: string): Promise<void> {
  const { config } = part;
  // Loaded here: a start that has nothing to build need not wait for the bundler.
  const { build } = await import('vite');
  await build({
    configFile: false,
    logLevel: 'warn',
    ...config,
    build: { ...config.build, outDir, emptyOutDir: true },
  });
  if (part.beside !== undefined)
    cpSync(join(root, part.beside.from), join(outDir, part.beside.as), { recursive: true });
  writeFileSync(join(outDir, '.stamp'), digest);
  rmSync(place, { recursive: true, force: true });
  renameSync(outDir, place);
}

/**
 * Builds the parts whose sources changed: all of them, or those alone that a run from the sources loads. Returns their
 * names. Throws what the bundler throws.
 */
export async function buildChanged(which: 'all' | 'fromSources', into: string = dist): Promise<string[]> {
  const changed = parts
    .filter((part) => which === 'all' || part.installedOnly !== true)
    .map((part) => ({ part, digest: inputDigest(part), place: join(into, part.folder) }))
    .filter(({ digest, place }) => stampOf(place) !== digest);
  if (changed.length === 0) return [];
  const aside = join(into, `.building-${process.pid}`);
  const { NODE_ENV: before } = process.env;
  // Vite takes this for its own: whoever builds, a test runner too, gets the page that is shipped.
  process.env['NODE_ENV'] = 'production';
  mkdirSync(aside, { recursive: true });
  try {
    for (const { part, digest, place } of changed)
      await buildPart(part, digest, place, join(aside, part.folder));
  } finally {
    rmSync(aside, { recursive: true, force: true });
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
  return changed.map(({ part }) => part.folder);
}

if (import.meta.main) {
  const startedMs = Date.now();
  try {
    const built = await buildChanged(process.argv.includes('--from-sources') ? 'fromSources' : 'all');
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
    console.log(built.length === 0 ? 'dist is up to date' : `built ${built.join(', ')} in ${seconds} s`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
