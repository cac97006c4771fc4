import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isReachable, keepWindowPlace, readWindowPlace } from './window-place.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-window-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('A place is kept and read again; one that cannot be read is none', () => {
  const path = join(folder, 'window.json');
  expect(readWindowPlace(path)).toBeNull();
  const place = { x: -10, y: 20, width: 1_000, height: 700, maximized: true };
  keepWindowPlace(path, place);
  expect(readWindowPlace(path)).toEqual(place);
  for (const broken of ['', '{', '{"x":1}', '{"x":0,"y":0,"width":-1,"height":1,"maximized":false}']) {
    writeFileSync(path, broken);
    expect(readWindowPlace(path)).toBeNull();
  }
});

const left = { x: 0, y: 0, width: 1_920, height: 1_040 };
const right = { x: 1_920, y: 200, width: 1_280, height: 680 };
test.each([
  ['in the middle', { x: 300, y: 100, width: 1_280, height: 800 }, true],
  ['across both screens', { x: 1_500, y: 300, width: 1_280, height: 800 }, true],
  ['with a strip left on the screen', { x: -1_100, y: 0, width: 1_280, height: 800 }, true],
  ['with less than a grip left', { x: -1_200, y: 0, width: 1_280, height: 800 }, false],
  ['on a screen that is gone', { x: 4_000, y: 300, width: 1_280, height: 800 }, false],
  ['with its title above the screen', { x: 100, y: -40, width: 1_280, height: 800 }, false],
  ['with its title below the screen', { x: 100, y: 1_030, width: 1_280, height: 800 }, false],
  ['beside the lower screen', { x: 2_000, y: 100, width: 1_000, height: 800 }, false],
])('A window %s counts as reachable or not', (_where, place, reachable) => {
  expect(isReachable(place, [left, right])).toBe(reachable);
});

test('Where no screen is told, nothing is reachable', () => {
  expect(isReachable(left, [])).toBe(false);
});
