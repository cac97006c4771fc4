/** Checks in which order charges leave: a short batch must not overtake the one before it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { ChargeBody } from '../../shared/api.ts';
import { chargeBatchMax } from '../../shared/api-words.ts';
import { createSnapshots } from '../cache/snapshots.ts';
import { createOutbox } from './outbox.ts';
import { createPusher, type PushParts } from './push.ts';
import { freshFolder, newCharge, openedCache } from './test-desk.ts';

const account = '0198b0a5-0000-7000-8000-000000000001';
const folder = freshFolder();
const cache = openedCache(folder.path);
afterEach(() => {
  cache.close();
  folder.remove();
});

test('successes while a batch is with the server wait for its answer, unless they fill one', async () => {
  const outbox = createOutbox(cache, 'desk');
  const charge = (count: number): void =>
    cache.transaction(() => {
      for (let n = 0; n < count; n += 1) outbox.enqueue(newCharge(account));
    });
  /** How many charges each batch had, and how its answer comes. */
  const sent: { readonly charges: number; readonly answer: () => void }[] = [];
  const client = {
    call: (_: string, { body }: { readonly body: { readonly charges: readonly ChargeBody[] } }) => {
      const { charges } = body;
      const settled = charges.map(({ id }) => ({ id, status: 'charged', charge: { id, amount: '1.00' } }));
      return new Promise((resolve) => {
        const reply = { kind: 'ok', status: 200, body: { results: settled, balance: null } };
        sent.push({ charges: charges.length, answer: () => resolve(reply) });
        // A campaign goes on meanwhile.
        if (sent.length === 1) charge(2);
      });
    },
  };
  const pusher = createPusher({
    cache,
    outbox,
    snapshots: createSnapshots(cache),
    client: client as unknown as PushParts['client'],
    now: () => Date.now(),
    random: () => 0,
    onRecorded: () => undefined,
  });
  const batches = (): number[] => sent.map(({ charges }) => charges);

  charge(3);
  const short = pusher.push(account, new AbortController().signal);
  // Whatever were to leave with it, or right after it, would have left by now.
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  expect(batches()).toEqual([3]);
  sent[0]?.answer();
  await expect.poll(batches).toEqual([3, 2]);
  sent[1]?.answer();
  expect(await short).toBeNull();

  charge(2 * chargeBatchMax + 1);
  const long = pusher.push(account, new AbortController().signal);
  await expect.poll(batches).toEqual([3, 2, chargeBatchMax, chargeBatchMax]);
  sent[2]?.answer();
  sent[3]?.answer();
  await expect.poll(batches).toEqual([3, 2, chargeBatchMax, chargeBatchMax, 1]);
  sent[4]?.answer();
  expect(await long).toBeNull();
  expect(outbox.pending(account).count).toBe(0);
});
