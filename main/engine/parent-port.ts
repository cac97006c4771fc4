/**
 * The channel to the shell that started this process, the same whether it is Electron's `parentPort` of a utility process
 * or Node's IPC channel of a child process. It carries messages and knows nothing of their meaning.
 */
import type { FromEngine } from '../../shared/engine-port.ts';

export interface ParentPort {
  /** `sent` is called when the message has left this process. */
  post(message: FromEngine, sent?: () => void): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The parent has gone. */
  onClose(listener: () => void): void;
  close(): void;
}

/** What a utility process of Electron has as `process.parentPort`. */
interface ElectronPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
}

/** Null when nobody started this process with a channel. */
export function parentPort(): ParentPort | null {
  // Electron's own types are not seen here: Node's `process` has no such field, so it is looked for.
  const electron: unknown = 'parentPort' in process ? process.parentPort : null;
  if (electron !== null && electron !== undefined) return overElectron(electron as ElectronPort);
  return process.send === undefined ? null : overNode();
}

function overElectron(port: ElectronPort): ParentPort {
  return {
    post(message, sent) {
      port.postMessage(message);
      // The port has no word for "sent"; what was posted leaves with the next turns of the loop.
      if (sent !== undefined) setTimeout(sent, electronFlushMs);
    },
    onMessage: (listener) => port.on('message', (event) => listener(event.data)),
    onClose: (listener) => port.on('close', listener),
    close: () => undefined,
  };
}
const electronFlushMs = 100;

function overNode(): ParentPort {
  return {
    post(message, sent) {
      // A parent that has gone is told of by `disconnect`; a message that no longer reaches it needs no other word.
      if (process.connected) process.send?.(message, undefined, {}, () => sent?.());
      else sent?.();
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', listener),
    close: () => {
      if (process.connected) process.disconnect();
    },
  };
}
