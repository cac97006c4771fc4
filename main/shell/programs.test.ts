import { expect, test } from 'vitest';
import { startedAhead, type EngineProcessEvents, type SpawnEngine } from './programs.ts';

const place = { dataDir: '/data', serverUrl: null, demoServerUrl: null };

/** Engines that do nothing: who listens to each, and what each was sent. */
function engines() {
  const started: { readonly events: EngineProcessEvents; readonly sent: unknown[] }[] = [];
  const spawn: SpawnEngine = (_options, events) => {
    const sent: unknown[] = [];
    started.push({ events, sent });
    return { post: (message) => void sent.push(message), kill: () => undefined };
  };
  return { started, spawn };
}

test('An engine that was started ahead is not started again, and what it said meanwhile is told in order', async () => {
  const { started, spawn } = engines();
  const ahead = startedAhead(spawn, place);
  expect(started).toHaveLength(1);
  started[0]?.events.onMessage('ready');
  started[0]?.events.onMessage('event');
  const heard: unknown[] = [];
  const engine = ahead.spawn(place, {
    onMessage: (said) => heard.push(said),
    onExit: (how) => heard.push(how),
  });
  // Who asked holds the engine before it hears a word of it.
  expect(heard).toEqual([]);
  started[0]?.events.onMessage('another');
  await Promise.resolve();
  started[0]?.events.onMessage('last');
  started[0]?.events.onExit('exit code 0');
  expect(heard).toEqual(['ready', 'event', 'another', 'last', 'exit code 0']);
  engine.post({ kind: 'wake' });
  expect(started[0]?.sent).toEqual([{ kind: 'wake' }]);
});

test('An engine that ended before anybody asked for it is told as ended; the next one is started anew', async () => {
  const { started, spawn } = engines();
  const ahead = startedAhead(spawn, place);
  started[0]?.events.onExit('SIGKILL');
  const heard: unknown[] = [];
  const listen = { onMessage: (said: unknown) => heard.push(said), onExit: (how: string) => heard.push(how) };
  ahead.spawn(place, listen);
  await Promise.resolve();
  expect(heard).toEqual(['SIGKILL']);
  ahead.spawn(place, listen);
  expect(started).toHaveLength(2);
});

test('Its first word is told to whoever waits for it, or that it ended without one', async () => {
  const { started, spawn } = engines();
  const told: string[] = [];
  const note = (word: string) => () => void told.push(word);
  void startedAhead(spawn, place).heard.then(note('first'));
  void startedAhead(spawn, place).heard.then(note('second'));
  await Promise.resolve();
  expect(told).toEqual([]);
  started[1]?.events.onExit('SIGKILL');
  await Promise.resolve();
  started[0]?.events.onMessage('ready');
  await Promise.resolve();
  expect(told).toEqual(['second', 'first']);
});
