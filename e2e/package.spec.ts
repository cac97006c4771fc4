import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, test } from '@playwright/test';
import { packageApp } from '../scripts/package.ts';
import { foreignFiles } from '../scripts/packed-files.ts';
import { electronForTests } from '../scripts/test-programs.ts';

/** What a fuse's byte in the binary reads. */
const off = '0'.charCodeAt(0);
const on = '1'.charCodeAt(0);

// The app as a folder, from the Electron at hand; installers are made by the systems they are for.
test.describe('the packed app', { tag: '@electron' }, () => {
  test.describe.configure({ mode: 'serial' });
  let out: string;
  let packed: string;
  let electronVersion: string;

  test.beforeAll(async () => {
    const electron = electronForTests();
    if (electron.kind === 'missing') throw new Error(electron.why);
    const dist = dirname(electron.binary);
    electronVersion = readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '');
    out = mkdtempSync(join(tmpdir(), 'zhangtai-package-'));
    await packageApp({ dir: true, out, electron: { dist, version: electronVersion } });
    packed = join(out, 'linux-unpacked');
  });
  test.afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('holds the files of the list and no other, native ones of this machine alone', () => {
    const archive = join(packed, 'resources', 'app.asar');
    const inside = listPackage(archive, { isPack: false })
      .map((file) => file.replace(/^\//, ''))
      .filter((file) => /\.[^/]+$|LICENSE$/.test(file));
    expect(inside.length).toBeGreaterThan(60);
    expect(foreignFiles(inside, process)).toEqual([]);
    const native = inside.filter((file) => file.endsWith('.node'));
    expect(native).toHaveLength(2);
    const beside = readdirSync(join(packed, 'resources'), { recursive: true, encoding: 'utf8' });
    expect(beside.filter((file) => file.endsWith('.node')).toSorted()).toEqual(
      native.map((file) => join('app.asar.unpacked', file)).toSorted(),
    );
    expect(readdirSync(join(packed, 'resources')).toSorted()).toEqual(['app.asar', 'app.asar.unpacked']);
    expect(readdirSync(join(packed, 'locales')).toSorted()).toEqual(['en-US.pak', 'zh-CN.pak']);
  });

  test('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(packed, 'zhangtai'));
    const wanted = {
      [FuseV1Options.RunAsNode]: off,
      [FuseV1Options.EnableCookieEncryption]: on,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
      [FuseV1Options.EnableNodeCliInspectArguments]: off,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: on,
      [FuseV1Options.OnlyLoadAppFromAsar]: on,
    };
    expect(wire).toMatchObject(wanted);
    // Releases before 29 have no such fuse; later ones must have it off.
    const { [FuseV1Options.GrantFileProtocolExtraPrivileges]: fileProtocol } = wire;
    expect(fileProtocol ?? off).toBe(off);
  });

  test('opens its window; where its engine cannot run it says so instead of waiting for ever', async () => {
    test.skip(
      Number.parseInt(electronVersion, 10) >= 28,
      'an Electron that can run the engine shows its page',
    );
    const args = ['--no-sandbox', '--', '--data-dir', join(out, 'desk')];
    // A Node that is told to be one, or another Node for the engine, is not listened to any more.
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', ZHANGTAI_ENGINE_NODE: process.execPath };
    const app = spawn(join(packed, 'zhangtai'), args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const said = new Promise<string>((resolve, reject) => {
        createInterface({ input: app.stderr }).on('line', (line) => {
          if (line.includes(join(out, 'desk', 'logs'))) resolve(line);
        });
        app.once('close', (code) => reject(new Error(`it ended with ${String(code)}`)));
      });
      const line = await said;
      const processes = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n');
      const pages = processes.filter((args) =>
        args.startsWith(`${join(packed, 'zhangtai')} --type=renderer`),
      );
      expect(pages).toHaveLength(1);
      expect(line).toMatch(/the desk cannot go on|账台无法继续/);
      const log = readFileSync(join(out, 'desk', 'logs', 'processes.log'), 'utf8');
      expect(log.match(/the engine ended/g)).toHaveLength(6);
      expect(log).toContain('app.asar/dist/engine/process.js');
    } finally {
      app.kill('SIGKILL');
    }
  });
});
