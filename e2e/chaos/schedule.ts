/**
 * A schedule says what goes wrong in one campaign: faults on the way to the server and to the agent, kills, outages,
 * clock jumps, other desks and backups, and what the operator does meanwhile. It is plain data made from a seed; it must
 * never ask the clock or any chance but the seed's, so that a seed names the same schedule in every run. What is to be kept
 * when the dice change is kept whole, in regressions.ts.
 */
import { seededChance } from '../drive/chance.ts';

export type Part = 'server' | 'engine' | 'agent';
export type LinkName = 'server' | 'agent';

/** What a request on a link is for. */
const routes = [
  'hold',
  'release',
  'charges',
  'transactions',
  'digest',
  'balance',
  'refresh',
  'live',
  'other',
  'follow',
  'ask',
] as const;
export type Route = (typeof routes)[number];

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
  /** The stream of the server's events breaks off. */
  | { readonly kind: 'hangUp' }
  /** The desk's clock goes wrong by this much until the end of the schedule. */
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'operator'; readonly does: Press };

export interface Timed {
  readonly afterMs: number;
  readonly what: Happening;
}

/** What else there is to a schedule than one desk and its campaign. */
export type Story =
  | { readonly kind: 'plain' }
  /** The campaign starts without a network, on a standing reserve for so many follows. */
  | { readonly kind: 'offline start'; readonly reserveFor: number; readonly offlineMs: number }
  /**
   * Another desk of the same account, which starts a campaign of its own offline. `lastYuan`: there is only as much
   * money as this desk's campaign may cost.
   */
  | {
      readonly kind: 'two desks';
      readonly lastYuan: boolean;
      readonly targets: number;
      readonly reserveFor: number;
      readonly offlineMs: number;
    }
  /** A backup made on the way takes the place of the data, `afterMs` later. */
  | { readonly kind: 'disk lost'; readonly afterMs: number }
  /** A backup made on the way is brought back into the data, `afterMs` later. */
  | { readonly kind: 'backup restored'; readonly afterMs: number }
  /** The data folder is copied on the way, and a desk runs on either. */
  | { readonly kind: 'folder copied' };

export interface Schedule {
  readonly seed: number;
  readonly story: Story;
  readonly targets: number;
  readonly concurrency: number;
  readonly faults: readonly Fault[];
  readonly timed: readonly Timed[];
  /** How long the campaign is left among its faults, unless it ends before. */
  readonly faultMs: number;
  /** After a confirm that failed: whether the operator gives the campaign up. */
  readonly discards: boolean;
  /** Nobody presses anything to hurry the desk: it comes to rest by itself. */
  readonly patient: boolean;
}

/**
 * The seed of the schedule with this number in a run. Numbers that follow each other have themes that do so too, so that
 * a run of some hundreds meets each of them several times.
 */
export function seedOf(runSeed: number, number: number): number {
  const chance = seededChance(Math.imul(runSeed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  return Math.floor(chance() * 2 ** 24) * themes.length + (number % themes.length);
}

export const faultMsUsual = 2_500;
/** Longer than a desk goes on asking after one follow before it leaves its outcome unknown. */
const faultMsOfSilence = 6_000;

export function makeSchedule(seed: number): Schedule {
  const dice = new Dice(seed);
  const theme = themes[seed % themes.length]?.(dice) ?? {};
  const timed = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => timedOf(dice));
  const faults = Array.from({ length: dice.pick([0, 1, 1, 2, 3, 5]) }, () => faultOf(dice));
  const all = [...(theme.faults ?? []), ...faults];
  const { story = { kind: 'plain' }, isSlow = false } = theme;
  const isLate = all.some(({ link, act }) => link === 'agent' && act.kind === 'late');
  return {
    seed,
    story,
    targets: isSlow ? 16 : dice.between(6, 16),
    concurrency: isSlow ? 1 : dice.pick([1, 2, 4, 8]),
    faults: all,
    timed: [...(theme.timed ?? []), ...timed]
      // A follow that reaches the agent after the operator was told that it was skipped: no protocol of two can mend that.
      // Nor can a desk that lost what it did know, or of which there are two, skip what was followed.
      .filter(({ what }) => !((isLate || doesTwice(story)) && isCancel(what)))
      .toSorted((a, b) => a.afterMs - b.afterMs),
    faultMs: theme.faultMs ?? faultMsUsual,
    discards: theme.discards ?? dice.between(0, 3) === 0,
    patient: dice.between(0, 4) === 0,
  };
}

/** Whether some desk does again what was done already, under numbers that were used already. */
export function doesTwice({ kind }: Story): boolean {
  return kind === 'disk lost' || kind === 'folder copied';
}

const isCancel = (what: Happening): boolean => what.kind === 'operator' && what.does === 'cancel';

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
  'other',
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
    act: dice.pick(actsOf[link])(dice),
  };
}

type ActMaker = (dice: Dice) => Act;

const cuts = moments.flatMap((when) =>
  [false, true].map((reset): ActMaker => () => ({ kind: 'cut', when, reset })),
);
const commonActs: readonly ActMaker[] = [
  ...cuts,
  (dice) => ({ kind: 'delay', when: 'before', ms: dice.between(20, 400) }),
  (dice) => ({ kind: 'delay', when: 'after', ms: dice.between(20, 400) }),
  () => ({ kind: 'double' }),
  (dice) => ({ kind: 'late', ms: dice.between(50, 1_500) }),
  () => ({ kind: 'reorder', msMax: 400 }),
  () => ({ kind: 'truncate' }),
  () => ({ kind: 'portal' }),
  () => ({ kind: 'status', status: 500, html: false }),
];
const killsOf = (parts: readonly Part[]): ActMaker[] =>
  parts.flatMap((part) =>
    moments.map((when): ActMaker => (dice) => ({ kind: 'kill', part, when, downMs: dice.between(0, 500) })),
  );
/** One maker for each kind of fault that a link can have. */
const actsOf: Readonly<Record<LinkName, readonly ActMaker[]>> = {
  server: [
    ...commonActs,
    (dice) => ({ kind: 'status', status: dice.pick([502, 503, 504]), html: true }),
    () => ({ kind: 'status', status: 503, retryAfterSeconds: 1, html: false }),
    () => ({ kind: 'status', status: 429, retryAfterSeconds: 1, html: false }),
    () => ({ kind: 'status', status: 429, retryAfterSeconds: 1, html: true }),
    () => ({ kind: 'expire' }),
    ...killsOf(['server', 'engine']),
  ],
  agent: [...commonActs, ...killsOf(['agent', 'engine'])],
};
const hourMs = 3_600_000;
const killed =
  (part: Part): HappeningMaker =>
  (dice) => ({ kind: 'kill', part, downMs: dice.between(0, 500) });
const outage =
  (link: LinkName): HappeningMaker =>
  (dice) => ({ kind: 'outage', link, ms: dice.between(50, 900) });
const pressed =
  (does: Press): HappeningMaker =>
  () => ({ kind: 'operator', does });

type HappeningMaker = (dice: Dice) => Happening;
const happeningMakers: readonly HappeningMaker[] = [
  killed('server'),
  killed('engine'),
  killed('agent'),
  outage('server'),
  outage('agent'),
  () => ({ kind: 'hangUp' }),
  (dice) => ({ kind: 'jump', ms: dice.pick([-72, -1]) * hourMs }),
  (dice) => ({ kind: 'jump', ms: dice.pick([1, 240]) * hourMs }),
  pressed('pause'),
  pressed('cancel'),
  pressed('sync'),
];

function timedOf(dice: Dice): Timed {
  const makers = [...happeningMakers, pressed('resume'), pressed('discard')];
  return { afterMs: dice.between(0, 900), what: dice.pick(makers)(dice) };
}

/** What a schedule has for sure; the dice decide the rest. */
interface Theme {
  readonly faults?: readonly Fault[];
  readonly timed?: readonly Timed[];
  readonly discards?: boolean;
  readonly story?: Story;
  /** It takes a campaign under way, so that one must not be over at once. */
  readonly isSlow?: boolean;
  readonly faultMs?: number;
}
type ThemeMaker = (dice: Dice) => Theme;

/** Where a fault is sure to befall something: each campaign has a hold, a charge, a release and six follows at least. */
function sureFault(dice: Dice, link: LinkName, act: Act): Fault {
  if (link === 'agent') return { link, route: 'follow', nth: dice.between(1, 6), times: 1, act };
  return { link, route: dice.pick(['hold', 'charges', 'charges', 'release']), nth: 1, times: 1, act };
}

const soon = (dice: Dice, what: Happening): Timed => ({ afterMs: dice.between(20, 150), what });
const links = ['server', 'agent'] as const;
const lostHold: Fault = {
  link: 'server',
  route: 'hold',
  nth: 1,
  times: 1,
  act: { kind: 'cut', when: 'after', reset: false },
};
const stories: readonly ((dice: Dice) => Story)[] = [
  (dice) => ({
    kind: 'offline start',
    reserveFor: dice.between(2, 10),
    offlineMs: dice.between(100, 900),
  }),
  ...[false, true].map((lastYuan) => (dice: Dice): Story => ({
    kind: 'two desks',
    lastYuan,
    targets: dice.between(3, 8),
    reserveFor: dice.between(2, 5),
    offlineMs: dice.between(100, 900),
  })),
  (dice) => ({ kind: 'disk lost', afterMs: dice.between(0, 400) }),
  (dice) => ({ kind: 'backup restored', afterMs: dice.between(0, 400) }),
  () => ({ kind: 'folder copied' }),
];
/** Requests that a campaign alone does not make, and what makes them be made. */
const secondSteps: readonly (readonly [Fault['route'], ThemeMaker])[] = [
  ['refresh', (dice) => ({ faults: [sureFault(dice, 'server', { kind: 'expire' })] })],
  ['live', (dice) => ({ timed: [soon(dice, { kind: 'outage', link: 'server', ms: 300 })] })],
  ['other', (dice) => ({ timed: [soon(dice, { kind: 'operator', does: 'sync' })] })],
  ['ask', (dice) => ({ faults: [sureFault(dice, 'agent', { kind: 'cut', when: 'after', reset: false })] })],
];
const silences: readonly Act[] = [
  { kind: 'cut', when: 'before', reset: true },
  { kind: 'portal' },
  { kind: 'status', status: 500, html: false },
];
const afterSecondStep =
  ([route, first]: (typeof secondSteps)[number]): ThemeMaker =>
  (dice) => {
    const { faults = [], timed = [] } = first(dice);
    const link = route === 'ask' ? 'agent' : 'server';
    const second: Fault = { link, route, nth: 1, times: 1, act: dice.pick(actsOf[link])(dice) };
    return { faults: [...faults, second], timed };
  };
/** Every kind of thing that can happen is the theme of some schedules. */
const themes: readonly ThemeMaker[] = [
  ...links.flatMap((link) =>
    actsOf[link].map((maker): ThemeMaker => (dice) => ({ faults: [sureFault(dice, link, maker(dice))] })),
  ),
  ...happeningMakers.map((maker): ThemeMaker => (dice) => ({ timed: [soon(dice, maker(dice))] })),
  ...secondSteps.map(afterSecondStep),
  // The agent follows, and nothing that it says comes through.
  (dice) => ({
    faults: [
      sureFault(dice, 'agent', { kind: 'cut', when: 'after', reset: false }),
      { link: 'agent', route: 'ask', nth: 1, times: 1_000, act: dice.pick(silences) },
    ],
    faultMs: faultMsOfSilence,
  }),
  // Twice, for a story may find its campaign over already.
  ...[...stories, ...stories].map((maker): ThemeMaker => (dice) => {
    const story = maker(dice);
    return { story, isSlow: story.kind !== 'offline start' && story.kind !== 'two desks' };
  }),
  () => ({
    timed: [
      // One of them comes when the campaign is under way, on a slow machine too.
      ...[60, 150, 400, 800].map((afterMs): Timed => ({
        afterMs,
        what: { kind: 'operator', does: 'pause' },
      })),
      { afterMs: 1_000, what: { kind: 'operator', does: 'resume' } },
    ],
    isSlow: true,
  }),
  () => ({
    faults: [lostHold],
    timed: [{ afterMs: 300, what: { kind: 'operator', does: 'discard' } }],
    discards: true,
  }),
];

// ── Names, to count by ──────────────────────────────────────────────────────────────────────────────────────

export function actName(act: Act): string {
  switch (act.kind) {
    case 'cut':
      return `${act.reset ? 'reset' : 'cut'} ${act.when}`;
    case 'delay':
      return `delay ${act.when}`;
    case 'kill':
      return `kill ${act.part} ${act.when}`;
    case 'status':
      if (act.status === 429) return act.html ? '429 of a gateway' : '429';
      if (act.html) return '50x of a gateway';
      return act.retryAfterSeconds === undefined ? '500' : '503, Retry-After';
    case 'double':
    case 'late':
    case 'reorder':
    case 'truncate':
    case 'portal':
    case 'expire':
      return act.kind;
    default:
      return act satisfies never;
  }
}

export function happeningName(what: Happening): string {
  switch (what.kind) {
    case 'kill':
      return `kill ${what.part}`;
    case 'outage':
      return `outage of the ${what.link}`;
    case 'hangUp':
      return 'event stream breaks';
    case 'jump':
      return what.ms < 0 ? 'clock goes back' : 'clock goes ahead';
    case 'operator':
      return `operator: ${what.does}`;
    default:
      return what satisfies never;
  }
}

export function storyName(story: Story): string {
  return story.kind === 'two desks' && story.lastYuan ? 'two desks, last yuan' : story.kind;
}

/** Everything that a run of some hundreds must have brought about, under the heading that it is counted by. */
export function everyKind(): ReadonlyMap<string, readonly string[]> {
  const dice = new Dice(0);
  const happenings = [...happeningMakers, pressed('resume'), pressed('discard')];
  return new Map([
    ['on the way to the server', actsOf.server.map((maker) => actName(maker(dice)))],
    ['requests that it befell', [...routes]],
    ['on the way to the agent', actsOf.agent.map((maker) => actName(maker(dice)))],
    ['stories', stories.map((maker) => storyName(maker(dice)))],
    ['at any time', happenings.map((maker) => happeningName(maker(dice)))],
  ]);
}
