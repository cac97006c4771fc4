// What keeps `npm start` from starting is said in one line, with no stack, and leaves everything as it was.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder = '';
let taken: Server;
let takenPort = 0;

beforeAll(async () => {
  // A start builds the page when it has to, and says so: here that is not what is looked at.
  const build = spawn(
    process.execPath,
    [join(import.meta.dirname, '../scripts/build.ts'), '--from-sources'],
    {
      stdio: 'ignore',
    },
  );
  const [code] = await once(build, 'close');
  if (code !== 0) throw new Error(`the page could not be built (${String(code)})`);
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-start-'));
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  takenPort = address.port;
});
afterAll(() => {
  taken.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the desk as npm does; resolves when it has ended by itself. */
async function start(...args: string[]): Promise<{ code: unknown; said: string }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'start.ts'), '--shell', 'web', '--no-open', ...args],
    // It speaks the terminal's language.
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'en_US.UTF-8' } },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [code] = await once(child, 'close');
  return { code, said };
}

function dataFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

describe('starting is refused in one line', () => {
  it.each([
    ['an option that there is not', ['--bogus'], /^Unknown option "--bogus"; --help lists them all\.\n$/],
    ['a server address that is none', ['--server', 'nonsense'], /^"nonsense" is no server address; .*\n$/],
    ['a server address of another kind', ['--server', 'ftp://x'], /^"ftp:\/\/x" is no server address; .*\n$/],
    ['a port that is none', ['--port', '99999'], /^"99999" is no port; .*\n$/],
    ['a shell that there is not', ['--shell', 'tty'], /^--shell is auto, electron or web, not "tty"\.\n$/],
  ])('for %s', async (_, args, line) => {
    const { code, said } = await start(...args);
    expect(said).toMatch(line);
    expect(code).toBe(1);
  });

  it('for a port in use', async () => {
    const { code, said } = await start('--port', String(takenPort), '--data-dir', dataFolder('port'));
    expect(said).toBe(
      `Port ${takenPort} is in use; choose another with --port, or leave it out for any free one.\n`,
    );
    expect(code).toBe(1);
  });

  it('for a data folder that cannot be written to', async () => {
    // A file in its way refuses root as well, which permissions would not.
    writeFileSync(join(folder, 'file'), '');
    const { code, said } = await start('--data-dir', join(folder, 'file', 'data'));
    expect(said).toMatch(
      /^The data folder .* cannot be written to \(ENOTDIR\); name another with --data-dir\.\n$/,
    );
    expect(code).toBe(1);
  });

  it('for data of a newer version, which is left untouched', async () => {
    const path = dataFolder('newer');
    const database = new Database(join(path, 'desk.db'));
    database.pragma('user_version = 9999');
    database.close();
    const before = readFileSync(join(path, 'desk.db'));
    const { code, said } = await start('--port', '0', '--data-dir', path);
    expect(said).toMatch(/newer version/);
    expect(said.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
    expect(readFileSync(join(path, 'desk.db')).equals(before)).toBe(true);
  });
});
