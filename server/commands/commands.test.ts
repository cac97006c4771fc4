import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendEntry, readEntries } from '../audit/audit-log.ts';
import { verifyAudit } from '../audit/verify-audit.ts';
import { backUp, restore } from '../database/backup.ts';
import { openDatabase, type Database } from '../database/database.ts';
import { seedDemo } from '../demo/seed.ts';
import { migrate } from '../database/migrate.ts';
import { createAccount, findForSignIn } from '../identity/accounts.ts';
import { verifyPassword } from '../identity/passwords.ts';
import { insistOnKeys } from '../identity/secrets.ts';
import { Ledger } from '../ledger/ledger.ts';
import { keptSigner } from '../open-server.ts';
import { priceBookInForce } from '../pricing/price-books.ts';
import { testPrices } from '../test-server.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhangtai-commands-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  args: readonly string[],
  input = '',
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  // Where nothing is configured: the folder's own keys.
  const { DATABASE_URL: _, ZHANGTAI_KEYS: _keys, ...env } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, '../start.ts'), ...args], {
    env: { ...env, ...more },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += String(data)));
  child.stderr.on('data', (data) => (stderr += String(data)));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr };
}

async function within<T>(dataDir: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ dataDir });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Every row of every table as text, in an order of its own. */
function everything(from: string): Promise<unknown> {
  return within(from, async (database) => {
    const tables = await database.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    const all: Record<string, unknown> = {};
    for (const { name } of tables)
      if (name !== 'schema_version')
        all[name] = await database.query(`SELECT t::text AS row FROM ${name} t ORDER BY t::text`);
    return all;
  });
}

test('an account is made before the first start, then frozen, freed and allowed to owe', async () => {
  const dataDir = join(folder, 'accounts');
  const place = ['--data-dir', dataDir];
  const email = ['--email', 'Boss@x.example'];
  const made = await run(
    ['create-account', ...place, ...email, '--name', '老板', '--role', 'finance'],
    'a long password\n',
  );
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(/^made finance boss@x\.example, account [0-9a-f-]{36}\n$/);
  expect(await run(['create-account', ...place, ...email, '--name', 'x'], 'a long password')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'boss@x.example has an account already.\n',
  });
  expect(await run(['freeze', ...place, ...email])).toMatchObject({ stdout: 'boss@x.example is frozen\n' });
  await within(dataDir, async (database) => {
    const found = await findForSignIn(database, 'boss@x.example');
    expect(await verifyPassword(found?.passwordHash ?? null, 'a long password')).toBe(true);
    expect(found?.account).toMatchObject({ name: '老板', role: 'finance', timeZone: 'Asia/Shanghai' });
    expect(await database.query('SELECT frozen FROM accounts')).toEqual([{ frozen: true }]);
  });
  expect(await run(['unfreeze', ...place, ...email])).toMatchObject({ code: 0 });
  expect(await run(['set-debt-limit', ...place, ...email, '--limit', '200'])).toMatchObject({
    code: 0,
    stdout: 'boss@x.example may owe up to ¥200.00\n',
  });
  expect(await run(['set-password', ...place, ...email], 'another password\n')).toMatchObject({
    stdout: 'boss@x.example has another password, and 0 sign-ins have ended\n',
  });
  await within(dataDir, async (database) => {
    expect(await database.query('SELECT frozen FROM accounts')).toEqual([{ frozen: false }]);
    expect(await database.query('SELECT debt_limit FROM wallets')).toEqual([{ debt_limit: 200_000_000n }]);
    const found = await findForSignIn(database, 'boss@x.example');
    expect(await verifyPassword(found?.passwordHash ?? null, 'another password')).toBe(true);
    await expectToldOfBoss(database);
  });
});

/** What was done at the terminal, with what it was before, and nothing personal where it could not be erased. */
async function expectToldOfBoss(database: Database): Promise<void> {
  const told = await readEntries(database, { limit: 10 });
  if ('refused' in told) throw new Error('there is a log');
  expect(told.items.map(({ action, before, after }) => [action, before, after])).toEqual([
    ['command:set-password', undefined, { signInsEnded: 0 }],
    ['command:set-debt-limit', { limit: '0.00' }, undefined],
    ['command:unfreeze', { frozen: true }, { frozen: false }],
    ['command:freeze', { frozen: false }, { frozen: true }],
    ['command:create-account', undefined, undefined],
  ]);
  expect(told.items.at(-1)?.from?.personal).toEqual({
    'asked.email': 'Boss@x.example',
    'asked.name': '老板',
  });
  const rows = await database.query<{ text: string }>('SELECT e::text AS text FROM audit_entries e');
  expect(rows.filter(({ text }) => /老板|boss@/i.test(text))).toEqual([]);
}

test('a timed job is run by hand and says what it did', async () => {
  const dataDir = join(folder, 'jobs');
  const place = ['--data-dir', dataDir];
  await within(dataDir, async (database) => {
    await migrate(database);
    const accountId = randomUUID();
    const who = { id: accountId, name: 'M', email: 'm@x.example', role: 'operator' as const };
    const rest = { memberLevel: 'none' as const, timeZone: 'Asia/Shanghai', password: 'a long password' };
    await createAccount(database, { ...who, ...rest }, 1_000);
    const signer = await keptSigner(database, Date.now());
    const ledger = new Ledger({ database, clock: () => 1_000, priceBook: priceBookInForce, signer });
    const batch = {
      asset: 'POINT',
      amount: 5n,
      source: 'gift' as const,
      occurredAtMs: 1_000,
      expiresAtMs: 2_000,
    };
    await ledger.grant({ id: accountId, accountId, ...batch });
  });
  expect(await run(['run-job', 'sweep', ...place])).toEqual({
    code: 0,
    stdout: '1 accounts had something over\n',
    stderr: '',
  });
  expect(await run(['run-job', ...place, '--job', 'memberships'])).toMatchObject({
    code: 0,
    stdout: '0 members have a new month, 0 memberships ended\n',
  });
  expect(await run(['run-job', 'nothing', ...place])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no job nothing.') as string,
  });
});

test('prices in a file become the next version', async () => {
  const dataDir = join(folder, 'prices');
  const file = join(folder, 'prices.json');
  await writeFile(file, JSON.stringify(testPrices));
  const load = ['load-prices', '--data-dir', dataDir, '--file', file];
  expect(await run(load)).toEqual({ code: 0, stdout: 'published version 1 with 2 prices\n', stderr: '' });
  await within(dataDir, async (database) =>
    expect(await priceBookInForce(database, Date.now())).toMatchObject({ version: 1, ...testPrices }),
  );
  const [price] = testPrices.prices;
  await writeFile(file, JSON.stringify({ ...testPrices, prices: [{ ...price, unitPrice: 1 }], extra: 1 }));
  const refused = await run(load);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('prices.0.unitPrice: ');
});

describe('what cannot be done is said in sentences, and nothing is begun', () => {
  test.each<[string, string[], number, string]>([
    ['a missing option', ['freeze'], 2, '--email is missing.\n'],
    ['an unknown option', ['freeze', '--name', 'x'], 2, "Unknown option '--name'"],
    ['no such folder', ['freeze', '--email', 'a@b.c', '--data-dir', '/nowhere/x'], 2, 'There is no folder'],
  ])('%s', async (_, args, code, words) => {
    const ended = await run(args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain('    at ');
  });

  test('an account with a weak password, or in a zone that is none', async () => {
    const place = ['--data-dir', join(folder, 'weak'), '--email', 'a@b.example', '--name', 'A'];
    expect(await run(['create-account', ...place], 'short')).toMatchObject({
      code: 1,
      stderr: 'A password has 10 to 200 characters.\n',
    });
    expect(
      await run(['create-account', ...place, '--time-zone', 'Moon', '--role', 'king'], 'x'),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^--role: .*\n--time-zone: must be a time zone such as Asia\/Shanghai\n$/,
      ),
    });
    await within(join(folder, 'weak'), async (database) =>
      expect(await database.query('SELECT id FROM accounts')).toEqual([]),
    );
  });

  test('verifying a folder without a ledger, which stays as it was', async () => {
    const ended = await run(['verify-ledger', '--data-dir', folder]);
    expect(ended).toEqual({ code: 1, stdout: '', stderr: 'There is no ledger in this database.\n' });
  });
});

describe('a backup', () => {
  let dataDir: string;
  let file: string;
  let checkpoint: string;
  let auditEnd: string;
  let written: Ended;
  beforeAll(async () => {
    dataDir = join(folder, 'seeded');
    file = join(folder, 'all.backup');
    checkpoint = join(folder, 'kept.checkpoint');
    auditEnd = join(folder, 'kept-audit.jws');
    await within(dataDir, async (database) => {
      await migrate(database);
      await insistOnKeys(database, Date.now());
      const signer = await keptSigner(database, Date.now());
      await seedDemo(database, signer, Date.now());
      const entry = { action: 'x', traceId: '', outcome: 'done', from: { ip: '127.0.0.1' } } as const;
      await database.transaction((tx) => appendEntry(tx, entry, Date.now()));
      const end = await verifyAudit(database);
      const signed = { lastSeq: end.lastSeq, head: end.head, checkedAt: new Date().toISOString() };
      await writeFile(auditEnd, await signer.sign(signed));
      const ledger = new Ledger({ database, clock: Date.now, priceBook: priceBookInForce, signer });
      const [head] = await database.query<{ id: string }>(
        'SELECT account_id AS id FROM ledger_heads LIMIT 1',
      );
      await writeFile(checkpoint, JSON.stringify(await ledger.checkpoint(head?.id ?? '')));
    });
    written = await run(['backup', '--data-dir', dataDir, '--file', file]);
  });

  test('is restored to the last row, and verifies', async () => {
    expect(written).toMatchObject({ code: 0, stderr: '' });
    const target = join(folder, 'restored');
    const keysOfBefore = { ZHANGTAI_KEY_FILE: join(dataDir, 'keys') };
    const ended = await run(['restore', '--data-dir', target, '--file', file], '', keysOfBefore);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(
      /^\d+ rows restored, as of .*Z\n\d+ accounts, \d+ transactions: everything agrees\n.*: everything agrees\n$/,
    );
    expect(await everything(target)).toEqual(await everything(dataDir));
    const verified = await run(
      ['verify-ledger', '--data-dir', target, '--checkpoint', checkpoint],
      '',
      keysOfBefore,
    );
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toMatch(/^the checkpoint agrees\n\d+ accounts, .*: everything agrees\n$/);
    const log = await run(['verify-audit', '--data-dir', target, '--checkpoint', auditEnd], '', keysOfBefore);
    expect(log).toMatchObject({ code: 0, stderr: '' });
    expect(log.stdout).toMatch(/^the checkpoint agrees\nentries 1 to 1, .*: everything agrees\n$/);
  });

  test('says so when it is restored without the keys of what is sealed in it', async () => {
    const ended = await run(['restore', '--data-dir', join(folder, 'keyless'), '--file', file]);
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(ended.stdout).toContain('everything agrees');
    expect(ended.stdout).toContain('start on it with the keys of before');
    expect(ended.stdout).toContain('what is sealed was not opened');
  });

  test('is sealed with a key file, proved to be restorable, and opened by nobody without it', async () => {
    const [keys, others] = [join(folder, 'keys'), join(folder, 'other-keys')];
    await writeFile(keys, `# of this test\n${randomBytes(32).toString('base64')}\n`);
    await writeFile(others, randomBytes(32).toString('base64'));
    const sealed = join(folder, 'sealed.backup');
    const made = await run(['backup', '--data-dir', dataDir, '--file', sealed, '--key-file', keys]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(/\nsealed with the key [0-9a-f]{16}\n$/);
    const verify = ['verify-backup', '--file', sealed, '--key-file', keys];
    // Of this test alone: whoever else proves a backup now restores it in the system's.
    const scratch = join(folder, 'scratch');
    await mkdir(scratch);
    const there = { TMPDIR: scratch, TEMP: scratch };
    const proved = await run([...verify, '--data-dir', dataDir], '', there);
    expect(proved).toMatchObject({ code: 0, stderr: '' });
    expect(proved.stdout).toMatch(/entries 1 to 1, .*; 1 origins, 0 erased: everything agrees\n$/);
    expect(proved.stdout, 'with the keys of its server').not.toContain('not opened');
    const withoutTheServersKeys = await run([...verify, '--data-dir', join(folder, 'no-server')], '', there);
    expect(withoutTheServersKeys).toMatchObject({ code: 0, stderr: '' });
    expect(withoutTheServersKeys.stdout).toContain('what is sealed was not opened');
    expect(await readdir(scratch), 'what it was restored into').toEqual([]);
    const wrong = await run(['verify-backup', '--file', sealed, '--key-file', others]);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/was sealed with the key [0-9a-f]{16}, which is not in the key file/);
    const none = await run(['verify-backup', '--file', sealed]);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('it takes the key file that it was sealed with');
  });

  test('is no checkpoint', async () => {
    expect(await run(['verify-ledger', '--data-dir', dataDir, '--checkpoint', file])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${file} is not a checkpoint.\n`,
    });
  });

  test('is its owner’s alone, replaces nothing, and leaves nothing half-written', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await readFile(file);
    expect(await run(['backup', '--data-dir', dataDir, '--file', file])).toMatchObject({ code: 1 });
    expect(await readFile(file)).toEqual(before);
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('is not restored over what is there', async () => {
    expect(await run(['restore', '--data-dir', dataDir, '--file', file])).toMatchObject({
      code: 1,
      stderr: 'The database is not empty: restore into a new one. Nothing was changed.\n',
    });
  });

  test('that is cut off, or none at all, restores nothing', async () => {
    const lines = gunzipSync(await readFile(file))
      .toString()
      .trimEnd()
      .split('\n');
    const cut: [string, Buffer][] = [
      ['cut', (await readFile(file)).subarray(0, -500)],
      ['short', gzipSync(lines.slice(0, -1).join('\n'))],
      ['lacking', gzipSync([...lines.slice(0, -3), lines.at(-1)].join('\n'))],
      ['other', gzipSync('{}\n')],
      ['plain', Buffer.from('hello')],
    ];
    await within(join(folder, 'untouched'), async (database) => {
      for (const [name, bytes] of cut) {
        const broken = join(folder, `${name}.backup`);
        await writeFile(broken, bytes);
        await expect(restore(database, broken, null)).rejects.toThrow(/is not a (?:whole )?backup/);
      }
      await expect(restore(database, join(folder, 'none'), null)).rejects.toThrow('There is no file');
      await expect(restore(database, folder, null)).rejects.toThrow('cannot be read: EISDIR.');
      await expect(backUp(database, join(folder, 'none', 'x'), 1, null)).rejects.toThrow(
        'cannot be written: ENOENT.',
      );
      expect((await restore(database, file, null)).rows).toBeGreaterThan(600);
    });
  });
});
