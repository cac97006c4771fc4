/** Electron's word to `npm start`, when that is what started it. */
import type { ElectronSays } from './launch-electron.ts';

/** Says what became of the start, and then goes on with `then`. */
export function tellStarter(what: ElectronSays, then: () => void = () => undefined): void {
  if (process.send === undefined) then();
  else process.send(what, then);
}
