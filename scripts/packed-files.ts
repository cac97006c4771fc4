/**
 * Says which files an installed app consists of, and lays them out in a folder for the packager. What is not on the
 * list is not packed: the list is a contract, which the tests hold a finished package against.
 */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, matchesGlob, sep } from 'node:path';

const root = dirname(import.meta.dirname);

/** Node's names for a system and a processor, such as `linux` and `x64`. */
export interface Target {
  readonly platform: string;
  readonly arch: string;
}

/** Files of dist/, as paths below the app's folder. */
const built = [
  'dist/main/*.cjs',
  'dist/main/images/*.png',
  'dist/preload/preload.cjs',
  'dist/renderer/index.html',
  'dist/renderer/assets/*.{js,css,svg,png,woff2}',
  'dist/engine/*.js',
  'dist/engine/migrations/*.sql',
  'dist/server/*.js',
  'dist/server/migrations/*.sql',
];

/** Of the packages that are packed as such (`packedAsPackages` in build.ts): what they load, and their licences. */
function packages({ platform, arch }: Target): string[] {
  const pglite = 'node_modules/@electric-sql/pglite';
  return [
    'node_modules/better-sqlite3/{package.json,LICENSE}',
    'node_modules/better-sqlite3/lib/**/*.js',
    `node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node`,
    'node_modules/@node-rs/argon2/{package.json,LICENSE,index.js}',
    `node_modules/@node-rs/argon2-${platform}-${arch}*/{package.json,*.node}`,
    `${pglite}/{package.json,LICENSE}`,
    `${pglite}/dist/{index,chunk-*}.js`,
    `${pglite}/dist/fs/{base,nodefs}.js`,
    `${pglite}/dist/{pglite.wasm,pglite.data,initdb.wasm}`,
  ];
}

/** Every file that may be in a package for `target`, as patterns of paths with forward slashes. */
export function allowedFiles(target: Target): string[] {
  return ['package.json', ...built, ...packages(target)];
}

/** Those of `files` that a package for `target` must not have. */
export function foreignFiles(files: readonly string[], target: Target): string[] {
  const allowed = allowedFiles(target);
  return files.filter((file) => !allowed.some((pattern) => matchesGlob(file, pattern)));
}

/** The app's own package.json: nothing is installed by it, and it names no script or developer's tool. */
function ownPackage(): Record<string, unknown> {
  const { name, productName, version, description, author, license, type, main } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  return { name, productName, version, description, author, license, type, main };
}

/**
 * Lays the app out in `folder`, emptied first, from `dist` (a build by build.ts) and the installed packages. Throws when
 * a pattern matches nothing: a part that was not built, or a package that was not installed for this target.
 */
export function stageApp(folder: string, dist: string, target: Target): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(ownPackage(), null, 2)}\n`);
  for (const pattern of built) copyMatching(dirname(dist), pattern, folder);
  for (const pattern of packages(target)) copyMatching(root, pattern, folder);
}

function copyMatching(from: string, pattern: string, to: string): void {
  const files = globSync(pattern, { cwd: from });
  if (files.length === 0) throw new Error(`nothing to pack for ${pattern} in ${from}`);
  for (const file of files) cpSync(join(from, file), join(to, file.replaceAll(sep, '/')));
}
