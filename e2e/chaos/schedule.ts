/**
 * A schedule says what goes wrong in one campaign: faults on the way to the server and to the agent, kills, outages,
 * clock jumps, and what the operator does meanwhile. It is plain data made from a seed; it must never ask the clock or
 * any chance but the seed's, so that a seed names the same schedule for ever.
 */
import { seededChance } from '../drive/chance.ts';

export type Part = 'server' | 'engine' | 'agent';
export type LinkName = 'server' | 'agent';

/** What a request on a link is for. */
export type Route =
  | 'hold'
  | 'release'
  | 'charges'
  | 'transactions'
  | 'digest'
  | 'balance'
  | 'refresh'
  | 'live'
  | 'follow'
  | 'ask'
  | 'other';

/** Before it reached the other side, while it is there, or after the other side has answered. */
export type Moment = 'before' | 'during' | 'after';

export type Act =
  /** The connection ends without an answer; `reset`: by a TCP reset. */
  | { readonly kind: 'cut'; readonly when: Moment; readonly reset: boolean }
  | { readonly kind: 'delay'; readonly when: 'before' | 'after'; readonly ms: number }
  /** It arrives twice, at once. */
  | { readonly kind: 'double' }
  /** No answer comes, and it arrives later all the same. */
  | { readonly kind: 'late'; readonly ms: number }
  /** It waits until one that was sent after it has been answered, at most so long. */
  | { readonly kind: 'reorder'; readonly msMax: number }
  | { readonly kind: 'truncate' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly html: boolean;
    }
  /** A page that wants a sign-in to the network, with 200. */
  | { readonly kind: 'portal' }
  /** The access token counts as over. */
  | { readonly kind: 'expire' }
  | { readonly kind: 'kill'; readonly part: Part; readonly when: Moment; readonly downMs: number };

export interface Fault {
  readonly link: LinkName;
  /** `any`: whatever comes. */
  readonly route: Route | 'any';
  /** The first one that it befalls, counted from 1 on, and how many in a row. */
  readonly nth: number;
  readonly times: number;
  readonly act: Act;
}

export type Press = 'pause' | 'resume' | 'cancel' | 'discard' | 'sync';

export type Happening =
  | { readonly kind: 'kill'; readonly part: Part; readonly downMs: number }
  /** Nobody listens there for a while. */
  | { readonly kind: 'outage'; readonly link: LinkName; readonly ms: number }
  /** The desk's clock goes wrong by this much until the end of the schedule. */
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'operator'; readonly does: Press };

export interface Timed {
  readonly afterMs: number;
  readonly what: Happening;
}

export interface Schedule {
  readonly seed: number;
  readonly targets: number;
  readonly concurrency: number;
  readonly faults: readonly Fault[];
  readonly timed: readonly Timed[];
  /** After a confirm that failed: whether the operator gives the campaign up. */
  readonly discards: boolean;
  /** Nobody presses anything to hurry the desk: it comes to rest by itself. */
  readonly patient: boolean;
}

/** The seed of the schedule with this number in a run. */
export function seedOf(runSeed: number, number: number): number {
  const chance = seededChance(Math.imul(runSeed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  return Math.floor(chance() * 2 ** 31);
}

export function makeSchedule(seed: number): Schedule {
  const dice = new Dice(seed);
  const timed = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => timedOf(dice));
  const cancels = timed.some(({ what }) => what.kind === 'operator' && what.does === 'cancel');
  const faults = Array.from({ length: dice.pick([0, 1, 2, 2, 3, 4, 6]) }, () => faultOf(dice));
  const safe = faults.filter(({ link, act }) => !(cancels && link === 'agent' && act.kind === 'late'));
  return {
    seed,
    targets: dice.between(6, 16),
    concurrency: dice.pick([1, 2, 4, 8]),
    // A follow that reaches the agent after the operator was told that it was skipped: no protocol of two can mend that.
    faults: safe,
    timed: timed.toSorted((a, b) => a.afterMs - b.afterMs),
    discards: dice.between(0, 3) === 0,
    patient: dice.between(0, 4) === 0,
  };
}

class Dice {
  readonly #chance: () => number;
  constructor(seed: number) {
    this.#chance = seededChance(seed);
  }
  /** Both bounds inclusive. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#chance() * (high - low + 1));
  }
  pick<T>(from: readonly T[]): T {
    const picked = from[this.between(0, from.length - 1)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }
}

const serverRoutes = [
  'hold',
  'hold',
  'charges',
  'charges',
  'charges',
  'release',
  'release',
  'transactions',
  'digest',
  'balance',
  'refresh',
  'live',
  'any',
] as const;
const moments = ['before', 'during', 'after'] as const;

function faultOf(dice: Dice): Fault {
  const link = dice.pick(['server', 'server', 'agent'] as const);
  const route =
    link === 'server' ? dice.pick(serverRoutes) : dice.pick(['follow', 'follow', 'ask', 'any'] as const);
  const nthMax = route === 'follow' ? 12 : route === 'any' ? 8 : route === 'charges' ? 3 : 1;
  return {
    link,
    route,
    nth: dice.between(1, nthMax),
    times: dice.pick([1, 1, 1, 2, 3, 6]),
    act: link === 'server' ? serverAct(dice) : agentAct(dice),
  };
}

function commonAct(dice: Dice): Act {
  switch (dice.between(0, 7)) {
    case 0:
    case 1:
      return { kind: 'cut', when: dice.pick(moments), reset: dice.between(0, 1) === 1 };
    case 2:
      return { kind: 'delay', when: dice.pick(['before', 'after'] as const), ms: dice.between(20, 400) };
    case 3:
      return { kind: 'double' };
    case 4:
      return { kind: 'late', ms: dice.between(50, 1_500) };
    case 5:
      return { kind: 'reorder', msMax: 400 };
    case 6:
      return { kind: 'truncate' };
    default:
      return { kind: 'portal' };
  }
}

function serverAct(dice: Dice): Act {
  switch (dice.between(0, 10)) {
    case 0:
      return { kind: 'status', status: 500, html: false };
    case 1:
      return { kind: 'status', status: dice.pick([502, 503, 504]), html: true };
    case 2:
      return { kind: 'status', status: 503, retryAfterSeconds: 1, html: false };
    case 3:
      return { kind: 'status', status: 429, retryAfterSeconds: 1, html: dice.between(0, 1) === 1 };
    case 4:
      return { kind: 'expire' };
    case 5:
    case 6:
      return killOf(dice, ['server', 'server', 'engine', 'engine']);
    default:
      return commonAct(dice);
  }
}

function agentAct(dice: Dice): Act {
  switch (dice.between(0, 5)) {
    case 0:
      return { kind: 'status', status: 500, html: false };
    case 1:
    case 2:
      return killOf(dice, ['agent', 'agent', 'engine', 'engine']);
    default:
      return commonAct(dice);
  }
}

function killOf(dice: Dice, parts: readonly Part[]): Act {
  return { kind: 'kill', part: dice.pick(parts), when: dice.pick(moments), downMs: dice.between(0, 500) };
}

const hourMs = 3_600_000;

function timedOf(dice: Dice): Timed {
  return { afterMs: dice.between(0, 900), what: happeningOf(dice) };
}

function happeningOf(dice: Dice): Happening {
  switch (dice.between(0, 7)) {
    case 0:
    case 1: {
      const part = dice.pick(['server', 'engine', 'agent'] as const);
      return { kind: 'kill', part, downMs: dice.between(0, 500) };
    }
    case 2:
    case 3:
      return { kind: 'outage', link: dice.pick(['server', 'agent'] as const), ms: dice.between(50, 900) };
    case 4:
      return { kind: 'jump', ms: dice.pick([-72, -1, 1, 240]) * hourMs };
    default:
      return {
        kind: 'operator',
        does: dice.pick(['pause', 'resume', 'cancel', 'discard', 'sync'] as const),
      };
  }
}
