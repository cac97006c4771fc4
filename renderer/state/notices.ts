/**
 * What the engine tells in passing, kept until the page shows it: some of it comes before the page stands. Nothing here
 * says what a notice means.
 */
import { createStore } from 'zustand/vanilla';
import type { EventPayload } from '../../shared/ipc.ts';
import { subscribe } from '../bridge.ts';

export type Notice = EventPayload<'notice'>;

/** Those that were told and not shown yet, oldest first. */
export const toldNotices = createStore<readonly Notice[]>(() => []);

export function followNotices(): () => void {
  return subscribe('notice', (notice) => toldNotices.setState([...toldNotices.getState(), notice], true));
}

/** These are shown now, and not to be shown again. */
export function noteShown(shown: readonly Notice[]): void {
  toldNotices.setState(
    toldNotices.getState().filter((notice) => !shown.includes(notice)),
    true,
  );
}
