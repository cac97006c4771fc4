/**
 * The desk's state as it was when its engine last stopped in order: a shell may show it while the next engine comes up.
 * It describes the cache for as long as nobody opens it, so an engine removes it first of all.
 */
import type { DeskState } from './ipc-desk.ts';

/** Its name in the data folder. It holds a line with the SHA-256 of the rest, in hex, and then a LastState as JSON. */
export const lastStateFile = 'last-state.json';

export interface LastState {
  /** Of the desk that wrote it: another one may have another contract. */
  readonly version: string;
  /** The server that this desk was started for, as in EngineOptions; another start would show another account. */
  readonly serverUrl: string | null;
  readonly state: DeskState;
}
