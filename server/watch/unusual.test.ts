/** A day is judged by what is known of the days before it, also where somebody had been away. */
import { expect, test } from 'vitest';
import { judge, type DayAmount } from './unusual.ts';

const floor = 50n;
const saturday = '2025-12-13';
/** Two a day, so many days before it. */
const used = (...daysBefore: readonly number[]): DayAmount[] =>
  daysBefore
    .toSorted((a, b) => b - a)
    .map((days) => ({
      day: new Date(Date.parse(`${saturday}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10),
      amount: 2n,
    }));
const judged = (amount: bigint, before: readonly DayAmount[]) =>
  judge({ day: saturday, amount }, before, { floor, low: false });

test('far more than on the days before is high, and a little more is not', () => {
  const before = used(1, 2, 3, 8, 9, 10);
  expect(judged(200n, before)).toMatchObject({ direction: 'high', median: 2n, limit: 52n });
  expect(judged(52n, before)).toBeNull();
});

test('somebody who was away is judged by the last days that there were', () => {
  const found = judged(200n, used(23, 41, 45, 51, 56, 60, 70, 80));
  expect(found).toMatchObject({ direction: 'high' });
  expect(found?.history).toHaveLength(6);
  expect(found?.history[0]?.day, 'none older than it takes').toBe('2025-10-14');
});

test('days of long ago count no more once there are enough of late', () => {
  const found = judged(200n, used(2, 3, 4, 41, 45, 51));
  expect(found?.history).toHaveLength(3);
});

test('nothing is said of somebody of whom too little is known', () => {
  expect(judged(200n, used(23, 41))).toBeNull();
});

test('what stays low is told on its first day, and again once it was as usual between', () => {
  const before = used(4, 5, 6, 7, 8, 9, 10).map(({ day }) => ({ day, amount: 900n }));
  const on = (daysBefore: number) => used(daysBefore)[0]?.day ?? '';
  const nothing = (daysBefore: number, known: readonly DayAmount[]) =>
    judge({ day: on(daysBefore), amount: 0n }, known, { floor, low: true });
  expect(nothing(3, before)).toMatchObject({ direction: 'low', median: 900n });
  expect(nothing(2, before), 'nothing on the day before either').toBeNull();
  const few = [...before, { day: on(3), amount: 100n }];
  expect(nothing(2, few), 'little on the day before').toBeNull();
  expect(nothing(1, [...before, { day: on(2), amount: 900n }])).toMatchObject({ direction: 'low' });
  expect(judge({ day: on(3), amount: 0n }, before, { floor, low: false })).toBeNull();
});
