/**
 * The program that started this server with a channel, a desk or a test: Node's IPC channel of a child process, or the
 * parent port of an Electron utility process. It must never keep the process alive by itself once it was let go.
 */

export interface Starter {
  /** Says where the server listens. */
  listening(url: string): void;
  /** Calls back once, with the reason: it has gone, or it asked the server to stop. */
  onLeave(leave: (reason: string) => void): void;
  /** Closes the channel. */
  letGo(): void;
}

/** What a utility process of Electron has as `process.parentPort`. */
interface ElectronPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
}

/** Null when nobody started this process with a channel. */
export function findStarter(): Starter | null {
  // Electron's own types are not seen here: Node's `process` has no such field, so it is looked for.
  const electron: unknown = 'parentPort' in process ? process.parentPort : null;
  if (electron !== null && electron !== undefined) return overElectron(electron as ElectronPort);
  return process.connected ? overNode() : null;
}

function overElectron(port: ElectronPort): Starter {
  return {
    listening: (url) => port.postMessage({ kind: 'listening', url }),
    onLeave: (leave) => {
      // There is but one thing that a starter says, and no signal that every system has.
      port.on('message', () => leave('it was asked to'));
      port.on('close', () => leave('the parent is gone'));
    },
    // The port keeps a utility process running until that exits.
    letGo: () => process.exit(),
  };
}

function overNode(): Starter {
  return {
    listening: (url) => void process.send?.({ kind: 'listening', url }),
    onLeave: (leave) => void process.once('disconnect', () => leave('the parent is gone')),
    letGo: () => {
      if (process.connected) process.disconnect();
    },
  };
}
