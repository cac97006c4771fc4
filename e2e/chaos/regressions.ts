/**
 * Schedules that once found a fault, kept so that it stays mended: each is played at the start of every chaos run. One
 * is never removed.
 */
import type { Schedule } from './schedule.ts';

export interface Regression {
  readonly name: string;
  readonly schedule: Schedule;
}

export const regressions: readonly Regression[] = [];
