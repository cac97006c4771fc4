/** Checks the assembled engine against a test server: signing in and out, restarts, and what the page is told. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { commands, type CommandInput, type CommandName, type CommandOutput } from '../../shared/ipc.ts';
import { openCache, type Cache } from '../cache/database.ts';
import { createOutbox } from '../sync/outbox.ts';
import { freshFolder, newCharge, silentLog } from '../sync/test-desk.ts';
import { problem, startTestServer, type TestServer } from '../sync/test-server.ts';
import { createCommands } from '../desk/commands.ts';
import { createEngine, type Engine } from './engine.ts';
import { createHost } from '../desk/host.ts';
import { serverAddress } from './session.ts';

interface Run {
  readonly engine: Engine;
  readonly cache: Cache;
  readonly told: { readonly name: string; readonly payload: unknown }[];
}

let folder: ReturnType<typeof freshFolder>;
let server: TestServer;
/** What the desktop was asked to show. */
let shown: string[];
let secrets: Map<string, string | null>;
let run: Run;

beforeEach(async () => {
  folder = freshFolder();
  server = await startTestServer();
  server.recharge('100.00');
  secrets = new Map();
  shown = [];
  run = startRun(server.url);
});
afterEach(async () => {
  await endRun();
  await server.close();
  folder.remove();
});

function startRun(serverUrl: string | null, demoServerUrl: string | null = null): Run {
  const opened = openCache(folder.path, Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  const told: Run['told'] = [];
  const host = createHost(({ id, name, input }) => {
    const { name: secret, value } = input as { name: string; value?: string | null };
    if (name === 'notify.show') shown.push((input as { body: string }).body);
    if (name === 'secret.set') secrets.set(secret, value ?? null);
    host.answered(id, true, name === 'secret.get' ? { value: secrets.get(secret) ?? null } : {});
  });
  const engine = createEngine({
    options: { dataDir: folder.path, serverUrl, demoServerUrl },
    version: '0.0.0',
    cache: opened.cache,
    salvaged: opened.salvaged,
    host,
    log: silentLog,
    clock: { now: () => Date.now() },
    send: (name, payload) => told.push({ name, payload }),
    onError: () => undefined,
    random: () => 0,
    times: { nudgeDelayMs: 5, fullEveryMs: 60_000, retry: { firstMs: 30, maxMs: 60 } },
  });
  engine.start();
  return { engine, cache: opened.cache, told };
}

async function endRun(): Promise<void> {
  await run.engine.stop();
  run.cache.close();
}

async function ask<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
  const reply = await run.engine.dispatch(name, input);
  if (!reply.ok) throw new Error(`${name}: ${reply.problem.code}`);
  return commands[name].output.parse(reply.output) as CommandOutput<N>;
}
const refusal = async <N extends CommandName>(name: N, input: CommandInput<N>) => {
  const reply = await run.engine.dispatch(name, input);
  return reply.ok ? null : reply.problem;
};
const signIn = () => ask('session.signIn', { email: server.account.email, password: server.password });
const notices = () =>
  run.told
    .filter((event) => event.name === 'notice')
    .map((event) => (event.payload as { kind: string }).kind);

/** Charges that no campaign caused, put in beside the engine's own outbox. */
function enqueue(count: number): void {
  const outbox = createOutbox(run.cache, 'd');
  run.cache.transaction(() => {
    for (let n = 1; n <= count; n += 1) outbox.enqueue(newCharge(server.account.id));
  });
  // The engine's own has them in none of its sums, and counts again when a transaction is undone.
  expect(() =>
    run.cache.transaction(() => {
      throw new Error('undone');
    }),
  ).toThrow('undone');
}

/** The rejected charges, after a round. */
const rejected = async () => {
  await ask('sync.now', {});
  const { items } = await ask('outbox.list', { states: ['rejected'], beforeDeviceSeq: null, limit: 10 });
  return items;
};

describe('a charge that the server refused', () => {
  test('for its price is paid at the new one when a person agrees, as the same charge', async () => {
    await signIn();
    server.refuse = ({ expectedAmount }) =>
      expectedAmount === '1.20'
        ? null
        : problem('price_changed', { expected: expectedAmount, actual: '1.20', pricingVersion: 2 });
    enqueue(1);
    const [item] = await rejected();
    const id = item?.id ?? '';
    expect(item?.conflict).toEqual({
      action: 'accept_price',
      local: '1.00',
      server: '1.20',
      difference: '0.20',
      earlierChargeId: null,
    });
    // Another price than the one shown is not agreed to.
    expect(await refusal('outbox.acceptPrice', { id, amount: '1.10', others: false })).toMatchObject({
      code: 'price_changed',
      params: { actual: '1.20' },
    });
    expect(await ask('outbox.acceptPrice', { id, amount: '1.20', others: false })).toMatchObject({
      state: 'queued',
      amount: '1.20',
      conflict: null,
    });
    expect(await rejected()).toEqual([]);
    expect(server.ledger.at(-1)).toMatchObject({ id, amount: '-1.20' });
    expect(await refusal('outbox.acceptPrice', { id, amount: '1.20', others: false })).toMatchObject({
      code: 'input_invalid',
    });
    expect((await ask('desk.state', {})).balance).toMatchObject({ balance: '98.80', pendingCount: 0 });
  });

  test('for a price that many met is paid by all of them when a person says so, and by no other', async () => {
    await signIn();
    let asked = 0;
    server.refuse = ({ expectedAmount }) => {
      if (expectedAmount !== '1.00') return null;
      asked += 1;
      const actual = asked === 4 ? '1.30' : '1.20';
      return problem('price_changed', { expected: expectedAmount, actual, pricingVersion: 2 });
    };
    enqueue(4);
    const items = await rejected();
    const id = items.find((item) => item.conflict?.server === '1.20')?.id ?? '';
    expect(await ask('outbox.samePrice', { id })).toEqual({ count: 2, difference: '0.40' });
    await ask('outbox.acceptPrice', { id, amount: '1.20', others: true });
    expect(await rejected()).toMatchObject([{ conflict: { server: '1.30' } }]);
    expect(server.ledger.filter((row) => row.amount === '-1.20')).toHaveLength(3);
  });

  test('says what each side has, and what is recommended', async () => {
    await signIn();
    const chargeId = '0198b0a5-0000-7000-8000-0000000000cc';
    const answers = [
      problem('insufficient_balance', { required: '1.00', available: '0.40', shortfall: '0.60' }),
      problem('duplicate_target', { chargeId }),
      problem('account_frozen'),
      problem('idempotency_mismatch'),
    ];
    server.refuse = () => answers.shift() ?? null;
    enqueue(4);
    const conflicts = (await rejected()).toReversed().map(({ conflict }) => conflict);
    expect(conflicts).toMatchObject([
      { action: 'recharge', local: '1.00', server: '0.40', difference: '-0.60' },
      { action: 'waive', earlierChargeId: chargeId },
      { action: 'wait', local: '1.00', server: null },
      { action: 'contact' },
    ]);
  });
});

describe('signing in', () => {
  test('shows the account, and after a round its balance, prices and history', async () => {
    expect((await ask('desk.state', {})).session).toMatchObject({
      phase: 'signed_out',
      serverUrl: server.url,
    });
    expect(await signIn()).toEqual(server.account);
    await ask('sync.now', {});
    const state = await ask('desk.state', {});
    expect(state.session).toMatchObject({ phase: 'signed_in', demo: false });
    expect(state.balance).toMatchObject({ balance: '100.00', available: '100.00', low: false });
    expect(state.pricing?.book.version).toBe(1);
    expect((await ask('history.page', { filter: {}, beforeSeq: null, limit: 10 })).items).toHaveLength(1);
    expect(await ask('history.verify', {})).toMatchObject({ ok: true, checkedCount: 1, signature: null });
  });

  test('with a wrong password is refused and changes nothing', async () => {
    const problem = await refusal('session.signIn', { email: server.account.email, password: 'wrong' });
    expect(problem?.code).toBe('unauthenticated');
    expect((await ask('desk.state', {})).session.phase).toBe('signed_out');
  });

  test('keeps no password and no token in the data folder', async () => {
    await signIn();
    await ask('sync.now', {});
    expect(secrets.get('refresh-token')).toMatch(/-/);
    const texts = run.cache.sql
      .prepare('SELECT value FROM settings UNION ALL SELECT body FROM snapshots')
      .pluck()
      .all();
    expect(texts.join('\n')).not.toContain(secrets.get('refresh-token'));
    expect(texts.join('\n')).not.toContain(server.password);
  });

  test('lasts over a restart without a network: all that was known is there at once', async () => {
    await signIn();
    await ask('sync.now', {});
    await endRun();
    server.fault = () => 'drop_before';
    run = startRun(server.url);
    const state = await ask('desk.state', {});
    expect(state.session).toMatchObject({ phase: 'signed_in', account: { id: server.account.id } });
    expect(state.balance?.balance).toBe('100.00');
    expect(
      await ask('price.calculate', { platform: 'xiaohongshu', operation: 'follow', quantity: 101 }),
    ).toMatchObject({
      quote: { total: '95.95' },
      check: { sufficient: true, remaining: '4.05' },
    });
    server.fault = () => null;
    await vi.waitFor(async () => expect((await ask('desk.state', {})).sync.online).toBe(true), {
      timeout: 20_000,
    });
  });

  test('that the server took back expires, keeps the data, and goes on after a new one', async () => {
    await signIn();
    await ask('sync.now', {});
    server.endTokens();
    server.revoke();
    await ask('sync.now', {});
    expect((await ask('desk.state', {})).session).toMatchObject({
      phase: 'expired',
      account: server.account,
    });
    expect((await ask('history.totals', { filter: {} })).count).toBe(1);
    await signIn();
    expect((await ask('sync.now', {})).lastProblem).toBeNull();
  });

  test('is not taken to another server that the desk is started for', async () => {
    await signIn();
    await endRun();
    const other = await startTestServer();
    run = startRun(other.url);
    await ask('sync.now', {});
    expect((await ask('desk.state', {})).session).toMatchObject({
      phase: 'signed_out',
      serverUrl: other.url,
      account: null,
    });
    expect(other.requests).toEqual([]);
    await other.close();
  });
});

describe('signing out', () => {
  test('asks first while charges wait, and loses none when forced', async () => {
    await signIn();
    await ask('sync.now', {});
    server.fault = () => 'drop_before';
    enqueue(3);
    expect(await refusal('session.signOut', { force: false })).toEqual({
      code: 'unsynced_charges',
      params: { count: '3', amount: '3.00' },
    });
    await ask('session.signOut', { force: true });
    expect((await ask('desk.state', {})).session).toMatchObject({ phase: 'signed_out', account: null });
    expect(secrets.get('refresh-token')).toBeNull();
    server.fault = () => null;
    await signIn();
    await ask('sync.now', {});
    expect((await ask('desk.state', {})).balance?.balance).toBe('97.00');
  });
});

describe('choosing a server', () => {
  test.each([
    ['not an address', 'server_address_invalid'],
    ['ftp://example.org', 'server_address_invalid'],
    ['http://127.0.0.1:1', 'server_unreachable'],
  ])('%s is %s', async (serverUrl, code) => {
    expect((await refusal('session.connect', { serverUrl }))?.code).toBe(code);
  });

  test('something that is no billing server is told as such', async () => {
    server.fault = () => 'html';
    expect((await refusal('session.connect', { serverUrl: server.url }))?.code).toBe('server_not_zhangtai');
  });

  test('takes an address as people write it', () => {
    expect(serverAddress(' bill.example.org/ ')).toBe('http://bill.example.org');
    expect(serverAddress('https://bill.example.org:8443/zt/api/')).toBe('https://bill.example.org:8443/zt');
    expect(serverAddress('https://me:secret@bill.example.org')).toBeNull();
  });

  test('the demonstration is followed to wherever its server comes up', async () => {
    await endRun();
    server.password = 'zhangtai-demo';
    run = startRun(null, server.url);
    await ask('session.startDemo', { member: 'plain' });
    expect((await ask('desk.state', {})).session).toMatchObject({ demo: true, serverUrl: server.url });
    await endRun();
    run = startRun(null, null);
    expect((await ask('desk.state', {})).session).toMatchObject({
      demo: true,
      demoAvailable: false,
      demoStarting: false,
      phase: 'signed_in',
    });
    run.engine.demoMoved(null, true);
    expect((await ask('desk.state', {})).session).toMatchObject({ demoAvailable: false, demoStarting: true });
    run.engine.demoMoved(server.url, false);
    await vi.waitFor(async () => expect((await ask('desk.state', {})).sync.online).toBe(true), {
      timeout: 20_000,
    });
  });
});

describe('what the page is told', () => {
  test('a connection that is lost and back, each once', async () => {
    await signIn();
    await ask('desk.state', {});
    await ask('sync.now', {});
    await vi.waitFor(() => expect(run.told.some((event) => event.name === 'balance')).toBe(true), {
      timeout: 20_000,
    });
    server.fault = () => 'drop_before';
    await ask('sync.now', {});
    await vi.waitFor(() => expect(notices()).toEqual(['went_offline']), { timeout: 20_000 });
    server.fault = () => null;
    await vi.waitFor(() => expect(notices()).toEqual(['went_offline', 'back_online']), { timeout: 20_000 });
  });

  test('a charge that is settled changes balance and history', async () => {
    await signIn();
    await ask('sync.now', {});
    enqueue(1);
    await ask('sync.now', {});
    await vi.waitFor(
      () => {
        const last = run.told.findLast((event) => event.name === 'balance');
        expect(last?.payload).toMatchObject({ balance: '99.00', pendingCount: 0 });
        expect(run.told.findLast((event) => event.name === 'ledger')?.payload).toEqual({ lastSeq: 2 });
      },
      { timeout: 20_000 },
    );
  });

  test('what needs somebody is shown on the desktop as well, once and in their language', async () => {
    server.alerts = { ...server.alerts, lowBalance: { enabled: true, threshold: '99.50' } };
    await signIn();
    await ask('sync.now', {});
    await vi.waitFor(() => expect(run.told.some((event) => event.name === 'balance')).toBe(true), {
      timeout: 20_000,
    });
    enqueue(2);
    await ask('settings.update', { language: 'en-US' });
    await ask('sync.now', {});
    await vi.waitFor(() => expect(shown).toEqual([expect.stringMatching(/98\.00.*99\.50/)]), {
      timeout: 20_000,
    });
    await ask('desk.state', {});
    server.fault = () => 'drop_before';
    await ask('sync.now', {});
    await vi.waitFor(() => expect(notices()).toContain('went_offline'), { timeout: 20_000 });
    // What mends itself stays in the window.
    expect(shown).toHaveLength(1);
  });

  test('settings that changed', async () => {
    await ask('settings.update', { language: 'en-US' });
    await vi.waitFor(
      () =>
        expect(run.told.findLast((event) => event.name === 'settings')?.payload).toMatchObject({
          language: 'en-US',
        }),
      { timeout: 20_000 },
    );
  });
});

describe('a command', () => {
  test('with input that does not fit is refused with the field', async () => {
    const problem = await run.engine.dispatch('settings.update', { concurrency: 99 });
    expect(problem).toEqual({
      ok: false,
      problem: { code: 'input_invalid', params: { field: 'concurrency' }, field: 'concurrency' },
    });
  });

  test('that does not exist, or has a name of the language, is answered', async () => {
    for (const name of ['no.such', 'toString', '__proto__'])
      expect(await run.engine.dispatch(name, {})).toMatchObject({
        ok: false,
        problem: { code: 'unexpected' },
      });
  });

  test('can be handled by one part only', () => {
    const registry = createCommands(silentLog, () => undefined);
    registry.handle('sync.now', () => ({ ok: false, problem: { code: 'unexpected', params: {} } }));
    expect(() =>
      registry.handle('sync.now', () => ({ ok: false, problem: { code: 'unexpected', params: {} } })),
    ).toThrow('twice');
  });

  test('whose handler throws is answered without its words', async () => {
    const registry = createCommands(silentLog, () => undefined);
    registry.handle('outbox.retryAll', () => {
      throw Object.assign(new Error('INSERT INTO secret'), { code: 'SQLITE_FULL' });
    });
    expect(await registry.dispatch('outbox.retryAll', {})).toEqual({
      ok: false,
      problem: { code: 'disk_full', params: {} },
    });
  });
});
