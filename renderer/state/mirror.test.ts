import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeskState } from '../../shared/ipc-desk.ts';
import { fetchContract } from '../bridge.ts';
import { mirror, onServerBack, showLast, startMirroring } from './mirror.ts';

const desk: DeskState = {
  session: {
    phase: 'signed_out',
    serverUrl: null,
    demo: false,
    demoAvailable: false,
    demoStarting: false,
    account: null,
  },
  settings: {
    language: 'zh-CN',
    theme: 'system',
    executor: { kind: 'simulated', seed: 1, failurePercent: 0, latencyMs: 0 },
    concurrency: 1,
    perMinuteMax: 0,
    offlineReserve: null,
    openAtLogin: false,
  },
  balance: null,
  pricing: null,
  sync: {
    online: null,
    running: false,
    lastSyncedAt: null,
    lastProblem: null,
    pendingCount: 0,
    pendingAmount: '0.00',
    attentionCount: 0,
    reserve: null,
    drift: null,
    numbers: null,
  },
  alerts: null,
  campaigns: [],
  about: { version: '0.0.0', dataFolder: '', secretStore: 'file', deviceId: '', deviceName: '' },
};

/** A shell whose answers to `desk.state` are given by hand. */
function shell() {
  const waiting: ((reply: unknown) => void)[] = [];
  const listeners = new Set<(name: string, payload: unknown) => void>();
  vi.stubGlobal('window', {
    desk: {
      shell: 'web',
      invoke: () => new Promise((resolve) => void waiting.push(resolve)),
      subscribe: (listener: (name: string, payload: unknown) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  return {
    waiting,
    tell: (name: string, payload: unknown) => {
      for (const listener of listeners) listener(name, payload);
    },
  };
}

let stop = (): void => {};
beforeAll(fetchContract);
afterEach(() => {
  stop();
  mirror.setState(mirror.getInitialState(), true);
  vi.unstubAllGlobals();
});

const seen = () => mirror.getState().desk;

describe('the mirror', () => {
  it('shows what the last engine left until this one has said what is', async () => {
    const { waiting, tell } = shell();
    showLast(desk);
    expect(mirror.getState()).toMatchObject({ desk, engine: 'coming' });
    stop = startMirroring();
    // There is nobody to ask yet.
    expect(waiting).toEqual([]);
    tell('engine', { status: 'up' });
    const now = { ...desk, settings: { ...desk.settings, theme: 'dark' } };
    waiting[0]?.({ ok: true, output: now });
    await expect.poll(() => mirror.getState().engine).toBe('up');
    expect(seen()).toEqual(now);
  });

  it('keeps an event that came while all state was being read', async () => {
    const { waiting, tell } = shell();
    stop = startMirroring();
    tell('settings', { ...desk.settings, theme: 'dark' });
    waiting[0]?.({ ok: true, output: desk });
    await expect.poll(seen).not.toBeNull();
    expect(seen()?.settings.theme).toBe('dark');
  });

  it('reads all again when the engine is back', async () => {
    const { waiting, tell } = shell();
    stop = startMirroring();
    waiting[0]?.({ ok: true, output: desk });
    await expect.poll(seen).not.toBeNull();
    tell('engine', { status: 'down' });
    expect(mirror.getState().engine).toBe('down');
    tell('engine', { status: 'up' });
    expect(waiting).toHaveLength(2);
    waiting[1]?.({ ok: true, output: { ...desk, settings: { ...desk.settings, theme: 'light' } } });
    await expect.poll(() => seen()?.settings.theme).toBe('light');
    expect(mirror.getState().engine).toBe('up');
  });

  it('tells when the server answers again, and when a sign-in that expired was renewed', async () => {
    const { waiting, tell } = shell();
    stop = startMirroring();
    waiting[0]?.({ ok: true, output: { ...desk, session: { ...desk.session, phase: 'signed_in' } } });
    await expect.poll(seen).not.toBeNull();
    const back = vi.fn();
    const ended = onServerBack(back);
    tell('sync', { ...desk.sync, online: false });
    tell('session', { ...desk.session, phase: 'expired' });
    expect(back).not.toHaveBeenCalled();
    tell('sync', { ...desk.sync, online: true });
    expect(back).toHaveBeenCalledTimes(1);
    tell('session', { ...desk.session, phase: 'signed_in' });
    expect(back).toHaveBeenCalledTimes(2);
    ended();
  });

  it('tells why all state could not be read', async () => {
    const { waiting } = shell();
    stop = startMirroring();
    waiting[0]?.({ ok: false, problem: { code: 'data_newer', params: {} } });
    await expect.poll(() => mirror.getState().problem?.code).toBe('data_newer');
    expect(seen()).toBeNull();
  });

  it('lets the last of two readings count', async () => {
    const { waiting, tell } = shell();
    stop = startMirroring();
    tell('engine', { status: 'up' });
    waiting[1]?.({ ok: true, output: { ...desk, settings: { ...desk.settings, theme: 'dark' } } });
    await expect.poll(seen).not.toBeNull();
    waiting[0]?.({ ok: true, output: { ...desk, settings: { ...desk.settings, theme: 'light' } } });
    // A turn of the event loop: the late answer has been taken in by then, if it is taken in at all.
    await new Promise((resolve) => void setTimeout(resolve));
    expect(seen()?.settings.theme).toBe('dark');
  });
});
