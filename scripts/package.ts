/**
 * `npm run package`: builds the installers for the system it runs on, or with `--dir` the app as a folder. It must never
 * pack from a build that is not today's sources', nor anything that is not on the list in packed-files.ts.
 *
 *     npm run package [-- --dir] [--electron-dist FOLDER --electron-version X.Y.Z] [--out FOLDER]
 *
 * The second pair packs an Electron that lies on this machine instead of the one that package.json names.
 */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Configuration } from 'electron-builder';
import { buildChanged } from './build.ts';
import { stageApp } from './packed-files.ts';

const root = dirname(import.meta.dirname);

export interface PackageOptions {
  /** The folder alone, without installers. */
  readonly dir: boolean;
  /** Where everything is put: the staged app, the folder, the installers. */
  readonly out: string;
  /** An unpacked Electron and its version; null: the one that package.json names, downloaded. */
  readonly electron: { readonly dist: string; readonly version: string } | null;
}

/** The version that the lock file names; the packager would read it from the app's own package.json, which has none. */
function electronVersion(): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  const found = lock.packages['node_modules/electron'];
  if (found === undefined) throw new Error('package-lock.json names no Electron');
  return found.version;
}

/** What the file leaves to the environment: where updates come from, and that such a build must be signed. */
export function fromEnvironment(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): Pick<Configuration, 'publish' | 'forceCodeSigning' | 'win'> {
  const url = env['ZHANGTAI_UPDATE_URL'] ?? '';
  const publisher = env['ZHANGTAI_PUBLISHER'] ?? '';
  return {
    publish: url === '' ? null : { provider: 'generic', url },
    // An app that updates itself from a place takes only what its publisher signed, so it has to be signed as well.
    forceCodeSigning: url !== '' && platform !== 'linux',
    ...(publisher === '' ? {} : { win: { signtoolOptions: { publisherName: publisher } } }),
  };
}

/** The first Electron that has a fuse for the privileges of file: pages. Setting it in an older one is an error. */
const fileProtocolFuseSince = 29;

/** Returns the files it made; with `dir`, none. Throws what the bundler or the packager throws. */
export async function packageApp({ dir, out, electron }: PackageOptions): Promise<string[]> {
  await buildChanged('all');
  stageApp(join(out, 'app'), join(root, 'dist'), process);
  return build({
    projectDir: root,
    publish: 'never',
    ...(dir ? { dir } : {}),
    config: {
      extends: join(root, 'electron-builder.yml'),
      directories: { app: join(out, 'app'), output: out },
      electronVersion: electron?.version ?? electronVersion(),
      ...(electron === null ? {} : { electronDist: electron.dist }),
      // The packages lie where they belong already: without this the packager would rebuild and gather the project's own.
      beforeBuild: () => Promise.resolve(false),
      // Electron's own welcome page, which an unpacked Electron still has.
      afterExtract: ({ appOutDir }) =>
        rmSync(join(appOutDir, 'resources', 'default_app.asar'), { force: true }),
      beforePack: ({ packager }) => {
        if (electron !== null && Number.parseInt(electron.version, 10) < fileProtocolFuseSince)
          delete packager.config.electronFuses?.grantFileProtocolExtraPrivileges;
      },
      ...fromEnvironment(process.env, process.platform),
    },
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      dir: { type: 'boolean', default: false },
      out: { type: 'string', default: join(root, 'release') },
      'electron-dist': { type: 'string' },
      'electron-version': { type: 'string' },
    },
  });
  const dist = values['electron-dist'];
  const version = values['electron-version'];
  if ((dist === undefined) !== (version === undefined)) {
    console.error('package: --electron-dist and --electron-version go together');
    process.exit(1);
  }
  const electron = dist === undefined || version === undefined ? null : { dist: resolve(dist), version };
  const made = await packageApp({ dir: values.dir, out: resolve(values.out), electron });
  console.log(made.length === 0 ? `packed into ${resolve(values.out)}` : made.join('\n'));
}
