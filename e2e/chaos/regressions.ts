/**
 * Schedules that once found a fault, kept so that it stays mended: each is played at the start of every chaos run. One
 * is never removed.
 */
import { faultMsUsual, type Schedule } from './schedule.ts';

export interface Regression {
  readonly name: string;
  readonly schedule: Schedule;
}

export const regressions: readonly Regression[] = [
  {
    name: 'a confirm that arrives after its draft was discarded sets nothing aside',
    schedule: {
      seed: 1,
      story: { kind: 'plain' },
      targets: 6,
      concurrency: 2,
      faults: [{ link: 'server', route: 'hold', nth: 1, times: 1, act: { kind: 'late', ms: 1_200 } }],
      timed: [{ afterMs: 500, what: { kind: 'operator', does: 'discard' } }],
      faultMs: faultMsUsual,
      discards: true,
      patient: true,
    },
  },
  {
    name: 'charges put off while the clock was three days ahead do not wait for that day',
    schedule: {
      seed: 2,
      story: { kind: 'plain' },
      targets: 8,
      concurrency: 2,
      faults: [
        {
          link: 'server',
          route: 'charges',
          nth: 1,
          times: 50,
          act: { kind: 'status', status: 503, retryAfterSeconds: 1, html: false },
        },
      ],
      timed: [{ afterMs: 0, what: { kind: 'jump', ms: 72 * 3_600_000 } }],
      faultMs: faultMsUsual,
      discards: false,
      patient: true,
    },
  },
  {
    name: 'a hold that costs a cent more than an offline start agreed to is put to the person, and then goes on',
    schedule: {
      seed: 3,
      story: { kind: 'offline start', reserveFor: 4, offlineMs: 200 },
      targets: 11,
      concurrency: 2,
      faults: [],
      timed: [],
      faultMs: faultMsUsual,
      discards: false,
      patient: true,
    },
  },
  {
    name: 'a confirm whose answer was lost, after its hold took the last of the money, goes on when it is asked again',
    schedule: {
      seed: 4,
      story: { kind: 'two desks', lastYuan: true, targets: 5, reserveFor: 4, offlineMs: 382 },
      targets: 6,
      concurrency: 1,
      faults: [
        {
          link: 'server',
          route: 'hold',
          nth: 1,
          times: 3,
          act: { kind: 'cut', when: 'after', reset: false },
        },
        {
          link: 'agent',
          route: 'ask',
          nth: 1,
          times: 1,
          act: { kind: 'kill', part: 'engine', when: 'during', downMs: 84 },
        },
      ],
      timed: [
        { afterMs: 68, what: { kind: 'kill', part: 'agent', downMs: 234 } },
        { afterMs: 358, what: { kind: 'jump', ms: -72 * 3_600_000 } },
      ],
      faultMs: 2_500,
      discards: false,
      patient: false,
    },
  },
];
