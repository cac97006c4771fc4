import { beforeEach, expect, test } from 'vitest';
import { comingBack, type ComingBack } from './coming-back.ts';

let offline: boolean;
let nowMs: number;
let wakes: number;
let seen: ComingBack;

beforeEach(() => {
  offline = true;
  nowMs = 0;
  wakes = 0;
  seen = comingBack(
    () => offline,
    () => {
      wakes += 1;
    },
    () => nowMs,
  );
});

test('a network that appears is tried at once, each time', () => {
  seen.networkAppeared();
  seen.networkAppeared();
  expect(wakes).toBe(2);
});

test('who comes back to the page has the server tried, and not again within five seconds', () => {
  seen.lookedAt();
  nowMs = 4_999;
  seen.lookedAt();
  expect(wakes).toBe(1);
  nowMs = 5_000;
  seen.lookedAt();
  expect(wakes).toBe(2);
});

test('a look just after a network appeared asks for nothing more', () => {
  seen.networkAppeared();
  nowMs = 1_000;
  seen.lookedAt();
  expect(wakes).toBe(1);
});

test('online nothing is asked for, and the first look after the connection is lost does', () => {
  offline = false;
  seen.networkAppeared();
  seen.lookedAt();
  expect(wakes).toBe(0);
  nowMs = 1_000;
  offline = true;
  seen.lookedAt();
  expect(wakes).toBe(1);
});
