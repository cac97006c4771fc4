/**
 * The exports of this window: what the engine last said of each, until the person puts it away. Their files are
 * not its business.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { z } from 'zod';
import type { ExportState } from '../../shared/ipc-history.ts';
import { subscribe } from '../bridge.ts';

export type Export = z.infer<typeof ExportState>;

/** In the order they were started. */
const exports = createStore<{ readonly all: readonly Export[]; readonly trayPx: number }>(() => ({
  all: [],
  trayPx: 0,
}));
const putAway = new Set<string>();

export function useExports(): readonly Export[] {
  return useStore(exports, ({ all }) => all);
}

/** How much of the window's lower edge the exports take up: what floats there stays above them. */
export function useTrayHeight(): number {
  return useStore(exports, ({ trayPx }) => trayPx);
}

export function noteTrayHeight(trayPx: number): void {
  exports.setState({ trayPx });
}

/** Takes in an export's newest state, from an answer or an event. */
export function noteExport(state: Export): void {
  if (putAway.has(state.id)) return;
  exports.setState(({ all }) => {
    const index = all.findIndex((one) => one.id === state.id);
    if (index < 0) return { all: [...all, state] };
    // An answer may come after events that were newer than it: an ended export does not start again.
    const known = all[index];
    if (known !== undefined && known.phase !== 'writing' && state.phase === 'writing') return {};
    return { all: all.with(index, state) };
  });
}

export function dismissExport(id: string): void {
  putAway.add(id);
  exports.setState(({ all }) => ({ all: all.filter((one) => one.id !== id) }));
}

/** The exports of one person are not shown to the next. */
export function forgetExports(): void {
  for (const { id } of exports.getState().all) putAway.add(id);
  exports.setState({ all: [] });
}

/** Follows the engine's export events; returns how to stop. */
export function followExports(): () => void {
  return subscribe('export', noteExport);
}
