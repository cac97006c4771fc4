import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { createAccount } from './accounts.ts';
import { callerAgeMsMax, createCallers } from './callers.ts';
import { endSignIn, refresh, refreshTokenMsMax, rotationGraceMs, signIn, type SignedIn } from './sign-ins.ts';

const start = Date.parse('2026-11-21T02:00:00.000Z');
const accountId = randomUUID();
let database: Database;
let first: SignedIn;

beforeAll(async () => {
  database = await openDatabase({});
  await migrate(database);
  const person = { name: 'A', email: 'a@x.example', role: 'operator', memberLevel: 'none' } as const;
  await createAccount(
    database,
    { id: accountId, ...person, timeZone: 'Asia/Shanghai', password: 'p' },
    start,
  );
});
afterAll(() => database.close());
beforeEach(async () => {
  const signedIn = await signIn(database, { accountId, deviceId: 'd', deviceName: 'Desk' }, start);
  if (signedIn === null) throw new Error('the account is there');
  first = signedIn;
});

/** Refreshes and insists on success. */
async function next(token: string, atMs: number): Promise<string> {
  const outcome = await refresh(database, token, atMs);
  if (outcome.kind !== 'refreshed') throw new Error(`not refreshed: ${outcome.kind}`);
  expect(outcome.signedIn).toMatchObject({ signInId: first.signInId, accountId });
  return outcome.signedIn.refreshToken;
}

test('each refresh gives a new token and the family goes on', async () => {
  const second = await next(first.refreshToken, start + 900_000);
  const third = await next(second, start + 1_800_000);
  expect(new Set([first.refreshToken, second, third]).size).toBe(3);
});

test('a token that was rotated longer ago than the grace ends the family for everyone', async () => {
  const second = await next(first.refreshToken, start);
  expect(await refresh(database, first.refreshToken, start + rotationGraceMs + 1)).toEqual({
    kind: 'refused',
    because: 'reused',
    signInId: first.signInId,
    accountId,
  });
  expect(await refresh(database, second, start + rotationGraceMs + 2)).toMatchObject({ because: 'ended' });
});

test('a client that lost the answer may show the rotated token once more within the grace', async () => {
  await next(first.refreshToken, start);
  const again = await next(first.refreshToken, start + rotationGraceMs);
  expect(await next(again, start + 900_000)).not.toBe(again);
});

test('the successor that the client never received ends the family when somebody shows it', async () => {
  const lost = await next(first.refreshToken, start);
  const again = await next(first.refreshToken, start + 1_000);
  expect(await refresh(database, lost, start + 2_000)).toMatchObject({ because: 'reused' });
  expect(await refresh(database, again, start + 3_000)).toMatchObject({ because: 'ended' });
});

test('the grace is given once a rotation', async () => {
  await next(first.refreshToken, start);
  await next(first.refreshToken, start + 1_000);
  expect(await refresh(database, first.refreshToken, start + 2_000)).toMatchObject({ because: 'reused' });
});

test('there is no grace once the successor has been used', async () => {
  const second = await next(first.refreshToken, start);
  await next(second, start + 1_000);
  expect(await refresh(database, first.refreshToken, start + 2_000)).toMatchObject({ because: 'reused' });
});

test('a token dies of age, and of its sign-in ending', async () => {
  expect(await refresh(database, first.refreshToken, start + refreshTokenMsMax)).toMatchObject({
    because: 'expired',
    accountId,
  });
  await endSignIn(database, first.signInId, 'signed_out', start);
  expect(await refresh(database, first.refreshToken, start)).toMatchObject({ because: 'ended' });
});

test('an unknown token changes nothing', async () => {
  expect(await refresh(database, 'made-up', start)).toEqual({ kind: 'refused', because: 'unknown' });
  expect(await next(first.refreshToken, start)).not.toBe(first.refreshToken);
});

test('the database never holds a token', async () => {
  const rows = await database.query<{ text: string }>('SELECT t::text AS text FROM refresh_tokens t');
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ text }) => text.includes(first.refreshToken))).toBe(false);
});

test('a caller is forgotten at once here, and after its age elsewhere', async () => {
  let now = start;
  const here = createCallers(database, () => now);
  const elsewhere = createCallers(database, () => now);
  const caller = { signInId: first.signInId, accountId, role: 'operator', memberLevel: 'none' };
  expect(await here.find(first.signInId)).toEqual(caller);
  expect(await elsewhere.find(first.signInId)).toEqual(caller);
  await endSignIn(database, first.signInId, 'signed_out', now);
  here.forget(first.signInId);
  expect(await here.find(first.signInId)).toBeNull();
  expect(await elsewhere.find(first.signInId)).toEqual(caller);
  now += callerAgeMsMax;
  expect(await elsewhere.find(first.signInId)).toBeNull();
});
