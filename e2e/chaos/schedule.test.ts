/** Schedules are what their seeds say, and a run of them brings about every kind of thing that there is a name for. */
import { expect, test } from 'vitest';
import {
  actName,
  everyKind,
  happeningName,
  makeSchedule,
  seedOf,
  storyName,
  type Schedule,
} from './schedule.ts';

const run = Array.from({ length: 300 }, (_, number) => makeSchedule(seedOf(1, number)));

test('a seed names the same schedule each time', () => {
  for (const schedule of run) expect(makeSchedule(schedule.seed)).toEqual(schedule);
  expect(new Set(run.map(({ seed }) => seed)).size).toBe(run.length);
});

/** What a schedule is made of, by the headings and names that it is counted under. */
function kindsOf({ faults, timed, story }: Schedule): string[] {
  return [
    ...faults.map(({ link, act }) => `on the way to the ${link}: ${actName(act)}`),
    ...faults.flatMap(({ route }) => (route === 'any' ? [] : [`requests that it befell: ${route}`])),
    ...(story.kind === 'plain' ? [] : [`stories: ${storyName(story)}`]),
    ...timed.map(({ what }) => `at any time: ${happeningName(what)}`),
  ];
}

test('three hundred schedules ask for every kind at least three times, and for nothing without a name', () => {
  const asked = Map.groupBy(run.flatMap(kindsOf), (kind) => kind);
  const named = [...everyKind()].flatMap(([heading, kinds]) => kinds.map((kind) => `${heading}: ${kind}`));
  expect([...asked.keys()].toSorted()).toEqual(named.toSorted());
  const seldom = [...asked].filter(([, times]) => times.length < 3).map(([kind]) => kind);
  expect(seldom).toEqual([]);
});

test('nobody cancels a campaign of which a follow is still on its way late', () => {
  const late = run.filter(({ faults }) => faults.some((f) => f.link === 'agent' && f.act.kind === 'late'));
  expect(late.length).toBeGreaterThan(0);
  for (const { timed } of late)
    expect(timed.map(({ what }) => happeningName(what))).not.toContain('operator: cancel');
});
