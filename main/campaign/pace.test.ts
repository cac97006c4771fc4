/** Checks that waits end when they are over, and when the clock that measures them goes wrong. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

const hourMs = 3_600_000;

const paceAt = (clock: { nowMs: number }): Pace =>
  new Pace(
    { now: () => clock.nowMs },
    pino({ enabled: false }),
    { retryMs: 1_000, retryMsMax: 30_000 },
    () => undefined,
  );

test('a wait is over at its time and not before', () => {
  const clock = { nowMs: 10 * hourMs };
  const pace = paceAt(clock);
  const retry = pace.retry();
  pace.putOff(retry);
  clock.nowMs += 999;
  expect(pace.isDue(retry)).toBe(false);
  clock.nowMs += 1;
  expect(pace.isDue(retry)).toBe(true);
});

test('a clock that went forward and is put right keeps nothing waiting', () => {
  const clock = { nowMs: 300 * hourMs };
  const pace = paceAt(clock);
  const retry = pace.retry();
  pace.wait(retry, 10 * 60_000);
  clock.nowMs = 60 * hourMs;
  expect(pace.isDue(retry)).toBe(true);
});
