/**
 * The desk's side of draining a long queue, for the benchmark: an outbox with many charges in it, sent to a real server
 * in slices when the parent says so, while the longest time that nothing else could go on is watched. It must be started
 * by the benchmark, over an IPC channel.
 *
 * Messages: {url, email, password, charges} fills the outbox; {batches} sends so many batches. Each is answered.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { chargeBatchMax } from '../../shared/api-words.ts';
import { openCache } from '../cache/database.ts';
import { readDevice } from '../cache/device.ts';
import { createSnapshots } from '../cache/snapshots.ts';
import { createOutbox } from './outbox.ts';
import { createPusher } from './push.ts';
import { createServerClient, type ServerClient } from './server-client.ts';

interface Fill {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly charges: number;
}
interface Send {
  readonly batches: number;
}
/** `stalls`: how late a timer was that asks to be called at once, again and again; ascending. */
interface Sent {
  readonly charges: number;
  readonly ms: number;
  readonly stallsMs: readonly number[];
}

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});

const opened = openCache(join(folder, 'desk'), Date.now());
if (!opened.ok) throw new Error(opened.problem.code);
const { cache } = opened;
const { deviceId } = readDevice(cache);
const outbox = createOutbox(cache, deviceId);
let where = '';
let accountId = '';
const client = createServerClient({
  baseUrl: () => where,
  tokens: { read: async () => ({ kind: 'unknown' }), write: async () => undefined },
  now: () => Date.now(),
  onOnline: () => undefined,
  onSignInEnded: () => undefined,
});

async function fill({ url, email, password, charges }: Fill): Promise<void> {
  where = url;
  const session = await client.login(url, { email, password, deviceId, deviceName: 'Bench' });
  if (session.kind !== 'ok') throw new Error(`no sign-in: ${session.kind}`);
  await client.signedIn(session.body);
  accountId = session.body.account.id;
  for (let from = 0; from < charges; from += chargeBatchMax)
    cache.transaction(() => {
      for (let n = from; n < Math.min(from + chargeBatchMax, charges); n += 1)
        outbox.enqueue({
          id: uuidv7(),
          accountId,
          campaignId: null,
          taskId: uuidv7(),
          holdId: null,
          platform: 'xiaohongshu',
          operation: 'follow',
          targetUserId: `drain-${n}`,
          expectedAmount: 10_000n,
          occurredAtMs: Date.now(),
        });
    });
}

/** Lets so many batches through and is unreachable afterwards, so that the push ends. */
function limited(batches: number): Pick<ServerClient, 'call'> {
  let left = batches;
  return {
    async call(name, request) {
      if (left === 0) return { kind: 'unreachable', reason: 'the slice is over', maybeActed: false };
      left -= 1;
      return client.call(name, request);
    },
  };
}

async function send({ batches }: Send): Promise<Sent> {
  const before = outbox.pending(accountId).count;
  const pusher = createPusher({
    cache,
    outbox,
    snapshots: createSnapshots(cache),
    client: limited(batches),
    now: () => Date.now(),
    random: Math.random,
    onRecorded: () => undefined,
  });
  const stallsMs: number[] = [];
  let isOver = false;
  let lastMs = performance.now();
  const watch = (): void => {
    const nowMs = performance.now();
    stallsMs.push(nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setTimeout(watch, 0);
  };
  setTimeout(watch, 0);
  const startedMs = performance.now();
  await pusher.push(accountId, new AbortController().signal);
  const ms = performance.now() - startedMs;
  isOver = true;
  const charges = before - outbox.pending(accountId).count;
  if (charges !== batches * chargeBatchMax) throw new Error(`only ${charges} charges were settled`);
  return { charges, ms, stallsMs: stallsMs.toSorted((a, b) => a - b) };
}

process.on('message', (message: Fill | Send) => {
  const done = 'url' in message ? fill(message) : send(message);
  void done.then(
    (result) => process.send?.(result ?? {}),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
