import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fetchContract, invoke, lastState, onNews, subscribe } from './bridge.ts';

type Listener = (name: string, payload: unknown) => void;

/** Puts a shell on the page that answers as told and hands out its listeners. */
function shell(answer: (name: string, input: unknown) => unknown) {
  const listeners = new Set<Listener>();
  const asked = vi.fn(async (name: string, input: unknown) => answer(name, input));
  vi.stubGlobal('window', {
    desk: {
      shell: 'web',
      invoke: asked,
      subscribe: (listener: Listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  const tell: Listener = (name, payload) => {
    for (const listener of listeners) listener(name, payload);
  };
  return { asked, tell, listeners };
}

beforeAll(fetchContract);
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('invoke', () => {
  it('hands over a parsed answer', async () => {
    shell(() => ({ ok: true, output: { count: 3 } }));
    expect(await invoke('outbox.retryAll', {})).toEqual({ ok: true, output: { count: 3 } });
  });

  it('hands over a refusal with its field', async () => {
    const problem = { code: 'server_unreachable', params: {}, field: 'serverUrl' };
    shell(() => ({ ok: false, problem }));
    expect(await invoke('session.connect', { serverUrl: 'https://example.com' })).toEqual({
      ok: false,
      problem,
    });
  });

  it('does not send an input that the contract refuses, and names the field', async () => {
    const { asked } = shell(() => ({ ok: true, output: {} }));
    const reply = await invoke('settings.update', { executor: { kind: 'http', url: 'no address' } });
    expect(reply).toMatchObject({ ok: false, problem: { code: 'input_invalid', field: 'executor.url' } });
    expect(asked).not.toHaveBeenCalled();
  });

  it('calls an answer that breaks the contract unexpected, and says so', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    shell(() => ({ ok: true, output: { count: '3' } }));
    expect(await invoke('outbox.retryAll', {})).toMatchObject({ ok: false, problem: { code: 'unexpected' } });
    expect(said).toHaveBeenCalledOnce();
  });

  it('calls a shell that fails, or is none, a stopped engine', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    shell(() => {
      throw new Error('gone');
    });
    expect(await invoke('sync.now', {})).toMatchObject({ ok: false, problem: { code: 'engine_stopped' } });
    vi.stubGlobal('window', {});
    expect(await invoke('sync.now', {})).toMatchObject({ ok: false, problem: { code: 'engine_stopped' } });
  });
});

describe('subscribe', () => {
  it('hands over events of its name until it is stopped', () => {
    const { tell, listeners } = shell(() => null);
    const seen: number[] = [];
    const stop = subscribe('ledger', ({ lastSeq }) => seen.push(lastSeq));
    tell('ledger', { lastSeq: 1 });
    tell('outbox', { pendingCount: 2 });
    stop();
    tell('ledger', { lastSeq: 3 });
    expect(seen).toEqual([1]);
    expect(listeners.size).toBe(0);
  });

  it('drops an event that breaks the contract, and says so', () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { tell } = shell(() => null);
    const seen = vi.fn();
    subscribe('ledger', seen);
    tell('ledger', { lastSeq: 'many' });
    expect(seen).not.toHaveBeenCalled();
    expect(said).toHaveBeenCalledOnce();
  });
});

describe('before the contract is here', () => {
  it('keeps the order of what is told, and asks once it is', async () => {
    vi.resetModules();
    const fresh = await import('./bridge.ts');
    const { tell, asked } = shell(() => ({ ok: true, output: { count: 3 } }));
    const seen: number[] = [];
    fresh.subscribe('ledger', ({ lastSeq }) => seen.push(lastSeq));
    tell('ledger', { lastSeq: 1 });
    tell('ledger', { lastSeq: 2 });
    const answer = fresh.invoke('outbox.retryAll', {});
    expect(seen).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
    expect(await answer).toEqual({ ok: true, output: { count: 3 } });
    tell('ledger', { lastSeq: 3 });
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('lastState', () => {
  it('is what the shell has of it, and nothing where the shell has none, or there is no shell', async () => {
    vi.stubGlobal('window', { desk: { shell: 'electron', lastState: async () => ({ balance: null }) } });
    expect(await lastState()).toEqual({ balance: null });
    shell(() => null);
    expect(await lastState()).toBeNull();
    vi.stubGlobal('window', {});
    expect(await lastState()).toBeNull();
  });
});

describe('onNews', () => {
  it('calls back at each event, and when the engine is back', () => {
    const { tell, listeners } = shell(() => null);
    const changed = vi.fn();
    const stop = onNews('ledger', changed);
    tell('ledger', { lastSeq: 1 });
    tell('engine', { status: 'down' });
    tell('engine', { status: 'up' });
    expect(changed).toHaveBeenCalledTimes(2);
    stop();
    expect(listeners.size).toBe(0);
  });
});
