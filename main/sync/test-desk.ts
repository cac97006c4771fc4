/**
 * The cache and sync parts of a desk against a test server, for tests: a fresh folder, quick retries, a chance that is
 * the same each run. It must never be imported outside tests.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Account } from '../../shared/api.ts';
import { openCache, type Cache } from '../cache/database.ts';
import { readDevice } from '../cache/device.ts';
import { createMirror } from '../cache/mirror.ts';
import { createSnapshots } from '../cache/snapshots.ts';
import { createChanges } from '../changes.ts';
import type { Log } from '../log.ts';
import { createDriftRecord } from './drift.ts';
import { createNumbers } from './numbers.ts';
import type { NewCharge } from './charge.ts';
import { createOutbox } from './outbox.ts';
import { createPuller } from './pull.ts';
import { createPusher } from './push.ts';
import { createReserve } from './reserve.ts';
import { createRounds, type RoundTimes } from './rounds.ts';
import { createServerClient } from './server-client.ts';
import type { TestServer } from './test-server.ts';

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export function freshFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'zhangtai-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function openedCache(folder: string): Cache {
  const opened = openCache(folder, Date.now());
  if (!opened.ok) throw new Error(`no cache: ${opened.problem.code}`);
  return opened.cache;
}

const now = (): number => Date.now();

/** One run of a desk on a folder. Call `end` and make another on the same folder for a restart. */
export function startTestDesk(folder: string, server: TestServer, times: Partial<RoundTimes> = {}) {
  const cache = openedCache(folder);
  const device = readDevice(cache);
  const snapshots = createSnapshots(cache);
  const outbox = createOutbox(cache, device.deviceId);
  const mirror = createMirror(cache);
  const changes = createChanges();
  let signedIn = false;
  let chosenReserve: string | null = '0';
  const client = createServerClient({
    baseUrl: () => server.url,
    tokens: { read: async () => ({ kind: 'known', refreshToken: null }), write: async () => undefined },
    now,
    onOnline: () => changes.tell('online'),
    onSignInEnded: () => {
      signedIn = false;
    },
  });
  const pusher = createPusher({
    cache,
    outbox,
    snapshots,
    client,
    now,
    // No wait at all: the shortest that chance can give.
    random: () => 0,
    onRecorded: () => changes.tell('outbox'),
  });
  const puller = createPuller({ cache, mirror, client, onRows: () => changes.tell('ledger') });
  const errors: unknown[] = [];
  const reserve = createReserve({
    cache,
    outbox,
    snapshots,
    client,
    deviceId: device.deviceId,
    // A test that is about the reserve sets it.
    chosen: () => chosenReserve,
    now,
    onChange: () => changes.tell('sync'),
  });
  const rounds = createRounds({
    account: (): Account => server.account,
    signedIn: () => signedIn,
    client,
    pusher,
    puller,
    outbox,
    reserve,
    drift: createDriftRecord({ snapshots, changes, now }),
    numbers: createNumbers({ outbox, snapshots, client, deviceId: device.deviceId, now }),
    snapshots,
    changes,
    log: silentLog,
    now,
    random: () => 0,
    onAccount: () => undefined,
    onFull: () => undefined,
    onError: (error) => errors.push(error),
    times: { nudgeDelayMs: 5, fullEveryMs: 60_000, retry: { firstMs: 20, maxMs: 50 }, ...times },
  });
  return {
    cache,
    device,
    snapshots,
    outbox,
    mirror,
    changes,
    client,
    pusher,
    puller,
    reserve,
    rounds,
    errors,
    chooseReserve(amount: string | null): void {
      chosenReserve = amount;
    },
    async signIn(): Promise<void> {
      const body = {
        email: server.account.email,
        password: server.password,
        deviceId: device.deviceId,
        deviceName: 'test',
      };
      const outcome = await client.login(server.url, body);
      if (outcome.kind !== 'ok') throw new Error(`no sign-in: ${outcome.kind}`);
      await client.signedIn(outcome.body);
      signedIn = true;
    },
    signedIn: (): boolean => signedIn,
    /** Keeps charges of one yuan each, as successes would. */
    charge(count: number, part: Partial<NewCharge> = {}): string[] {
      return cache.transaction(() =>
        Array.from({ length: count }, () => outbox.enqueue({ ...newCharge(server.account.id), ...part }).id),
      );
    },
    async end(): Promise<void> {
      await rounds.stop();
      client.close();
      cache.close();
    },
  };
}
export type TestDesk = ReturnType<typeof startTestDesk>;

export function newCharge(accountId: string): NewCharge {
  const id = uuidv7();
  return {
    id,
    accountId,
    campaignId: null,
    taskId: null,
    holdId: null,
    platform: 'xiaohongshu',
    operation: 'follow',
    targetUserId: `user_${id}`,
    expectedAmount: 1_000_000n,
    occurredAtMs: Date.now(),
  };
}
