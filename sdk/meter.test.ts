/** The SDK against the product's own server: how calls end, and that each is charged once whatever befalls the requests. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { MeteredUsage } from '../shared/api-metering.ts';
import { callId } from './call-id.ts';
import { fileStore } from './file-store.ts';
import { CallRefused, createMeter, type Meter, type MeterOptions } from './meter.ts';
import { openAiReader, type OpenAiPiece } from './reading.ts';
import { griefs, openRoad, startTestDesk, type Grief, type TestDesk } from './test-desk.ts';
import {
  completed,
  question,
  startTestModel,
  streamed,
  words,
  type Ending,
  type TestModel,
} from './test-model.ts';
import { memoryStore } from './usage-store.ts';
import type { Trouble } from './usage-queue.ts';

/** As many as are asked for; few in the run of every day. */
const calls = Number(process.env['ZHANGTAI_METER_CALLS'] ?? '300');
const retryMs = { first: 1, max: 20 };
const how = { product: 'chat', model: 'qwen-max', reader: openAiReader, input: () => question };

let desk: TestDesk;
let model: TestModel;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-meter-'));
  [desk, model] = await Promise.all([startTestDesk(), startTestModel()]);
});
afterAll(async () => {
  await model.close();
  await desk.close();
  rmSync(folder, { recursive: true, force: true });
});

let meter: Meter;
const troubles: Trouble[] = [];
function open(given: Partial<MeterOptions> = {}): Promise<Meter> {
  return createMeter({
    baseUrl: desk.url,
    token: desk.token,
    store: memoryStore(),
    retryMs,
    onTrouble: (trouble) => void troubles.push(trouble),
    ...given,
  });
}
beforeEach(async () => {
  troubles.length = 0;
  meter = await open();
});
afterEach(() => meter.close());

const key = (call: string = randomUUID()) => ({ conversation: 'c1', user: 'u1', call });
async function told(call: string): Promise<MeteredUsage | undefined> {
  await meter.flush();
  const id = await callId(key(call));
  return (await desk.usages()).find((usage) => usage.id === id);
}
/** Streams to the end, or until `pieces` have come; gives what was said. */
async function say(ending: Ending, call: string, pieces = Infinity, signal?: AbortSignal): Promise<string> {
  const chat = meter.wrap((how: Ending) => streamed(model.url, how, signal), how);
  let said = '';
  let seen = 0;
  for await (const { choices } of await chat(key(call), ending)) {
    said += choices?.[0]?.delta?.content ?? '';
    seen += 1;
    if (seen >= pieces) break;
  }
  return said;
}

test('a stream that finishes is charged by what its last chunk says', async () => {
  const call = randomUUID();
  expect(await say('finished', call)).toBe(words.join(''));
  expect(await told(call)).toMatchObject({
    outcome: 'finished',
    estimated: false,
    inputTokens: 1_000,
    outputTokens: 500,
    state: 'charged',
    paid: [{ asset: 'CNY', amount: '0.006' }],
  });
});

test('where the provider does not say what was used, it is estimated from the characters, and says so', async () => {
  const call = randomUUID();
  expect(await say('no_usage', call)).toBe(words.join(''));
  // 「你好」 and 「五」 are 3, the other 16 characters 4; 24 characters were delivered: 6.
  expect(await told(call)).toMatchObject({
    outcome: 'finished',
    estimated: true,
    inputTokens: 7,
    outputTokens: 6,
    // 7 × 0.002 / 1000 + 6 × 0.008 / 1000
    paid: [{ amount: '0.000062' }],
  });
});

test('a stream that its reader leaves is charged for what was delivered', async () => {
  const call = randomUUID();
  expect(await say('endless', call, 2)).toBe('one two ');
  expect(await told(call)).toMatchObject({ outcome: 'cut_by_client', estimated: true, outputTokens: 2 });
});

test('so is one that its reader aborts', async () => {
  const call = randomUUID();
  const abort = new AbortController();
  const chat = meter.wrap((ending: Ending) => streamed(model.url, ending, abort.signal), how);
  let seen = 0;
  const reading = async (): Promise<void> => {
    for await (const _ of await chat(key(call), 'endless')) {
      seen += 1;
      if (seen === 3) abort.abort();
    }
  };
  await expect(reading()).rejects.toMatchObject({ name: 'AbortError' });
  expect(await told(call)).toMatchObject({ outcome: 'cut_by_client', outputTokens: 4 });
});

test.each(['cut', 'cut_quietly'] as const)(
  'a stream that the server %s is charged for what was delivered',
  async (ending) => {
    const call = randomUUID();
    const said = await say(ending, call).catch((error: Error) => error.message);
    expect(said).toBe(ending === 'cut' ? 'terminated' : 'one two three ');
    expect(await told(call)).toMatchObject({
      outcome: 'cut_by_server',
      estimated: true,
      inputTokens: 7,
      outputTokens: 4,
      state: 'charged',
    });
  },
);

test('an error in mid-stream reaches the caller as it is, and what was delivered is charged', async () => {
  const call = randomUUID();
  await expect(say('error', call)).rejects.toThrow('the model fell over');
  expect(await told(call)).toMatchObject({ outcome: 'error', outputTokens: 4, state: 'charged' });
});

test('a call that fails before anything was delivered is not told', async () => {
  const call = randomUUID();
  await expect(say('refused', call)).rejects.toThrow('the model answered 503');
  expect(await told(call)).toBeUndefined();
});

test('a whole answer is charged like a stream', async () => {
  const call = randomUUID();
  const chat = meter.wrap((ending: Ending) => completed(model.url, ending), how);
  const answer: OpenAiPiece = await chat(key(call), 'finished');
  expect(answer.choices?.[0]?.message?.content).toBe(words.join(''));
  expect(await told(call)).toMatchObject({ outcome: 'finished', inputTokens: 1_000, outputTokens: 500 });
});

test('the server says no: the call is not made', async () => {
  let made = 0;
  const chat = meter.wrap(async () => void (made += 1), {
    ...how,
    product: 'quota_chat',
    reader: { saysComplete: false, read: () => ({}) },
  });
  await expect(chat(key())).rejects.toMatchObject({ name: 'CallRefused', code: 'insufficient_units' });
  expect(made).toBe(0);
});

test('the server cannot be asked: the call is made where that is wanted, and told later', async () => {
  let broken = true;
  const road = await openRoad(desk.url, () => (broken ? 'lost' : 'none'));
  const closed = await open({ baseUrl: road.url, whenUnreachable: 'closed' });
  const refused = closed.wrap((ending: Ending) => streamed(model.url, ending), how);
  await expect(refused(key(), 'finished')).rejects.toThrow(CallRefused);
  await closed.close();

  await meter.close();
  meter = await open({ baseUrl: road.url });
  const call = randomUUID();
  expect(await say('finished', call)).toBe(words.join(''));
  expect(meter.waiting).toBe(1);
  broken = false;
  expect(await told(call)).toMatchObject({ state: 'charged', estimated: false });
  await meter.close();
  await road.close();
  meter = await open();
});

test('two calls under one key are one: the second, with another content, is parked for a person', async () => {
  const call = randomUUID();
  await say('finished', call);
  await say('no_usage', call);
  expect(await told(call)).toMatchObject({ estimated: false });
  expect(troubles).toMatchObject([{ kind: 'parked', code: 'idempotency_mismatch' }]);
});

test(`${calls} calls over a road of faults, and two restarts, are charged once each`, async () => {
  const before = new Set((await desk.usages()).map(({ id }) => id));
  const chargedBefore = (await desk.charges()).length;
  let number = 0;
  const road = await openRoad(desk.url, (): Grief => {
    number += 1;
    // Each in its turn, so that a run of any length meets all of them; every third request passes.
    return number % 3 === 0 ? 'none' : (griefs[Math.floor(number / 3) % griefs.length] ?? 'none');
  });
  const path = join(folder, 'usages.jsonl');
  const reopened = async (): Promise<Meter> => open({ baseUrl: road.url, store: await fileStore(path) });
  await meter.close();
  const startedMs = performance.now();
  const keys = Array.from({ length: calls }, (_, index) => key(`fault-${index}`));
  const lanes = 20;
  for (let part = 0; part < 3; part += 1) {
    // What the last one had not told yet, this one finds in the file.
    meter = await reopened();
    const chat = meter.wrap((ending: Ending) => streamed(model.url, ending), how);
    const left = keys.slice(Math.floor((calls * part) / 3), Math.floor((calls * (part + 1)) / 3)).values();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (const one of left) for await (const _ of await chat(one, 'finished'));
      }),
    );
    if (part < 2) await meter.close();
  }
  await meter.flush();
  console.log(
    `${calls} calls, ${number} requests, ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`,
  );

  const usages = (await desk.usages()).filter(({ id }) => !before.has(id));
  const wanted = await Promise.all(keys.map(callId));
  expect(usages.map(({ id }) => id).toSorted()).toEqual(wanted.toSorted());
  expect(usages.every(({ state, paid }) => state === 'charged' && paid[0]?.amount === '0.006')).toBe(true);
  const charges = (await desk.charges()).slice(chargedBefore);
  expect(charges.map(({ id }) => id).toSorted()).toEqual(
    usages.map(({ paid }) => paid[0]?.transactionId ?? '').toSorted(),
  );
  expect(charges).toHaveLength(calls);
  expect([...road.seen.keys()].toSorted()).toEqual(griefs.toSorted());
  expect(troubles.filter(({ kind }) => kind !== 'later')).toEqual([]);
  await meter.close();
  await road.close();
  meter = await open();
}, 600_000);
