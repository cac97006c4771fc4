/**
 * Puts `window.desk` on the page that the loopback web shell serves: the same bridge as Electron's preload script,
 * over a socket that comes back by itself. It must never hold a rule of the product, and never repeat a command by
 * itself: whether a command that got no answer was carried out, only the desk knows.
 */
import type { DeskBridge } from '../shared/ipc.ts';

type Listener = (name: string, payload: unknown) => void;

const reconnectDelayMsMin = 250;
const reconnectDelayMsMax = 5_000;
/** The answer to a command whose connection broke, or never came about. */
const stopped = { ok: false, problem: { code: 'engine_stopped', params: {} } };

const listeners = new Set<Listener>();
const waiting = new Map<number, (reply: unknown) => void>();
/** Commands given while the first connection is still being made. */
let unsent: string[] = [];
let lastId = 0;
let reconnectDelayMs = reconnectDelayMsMin;
let wasOpen = false;
let socket = connect();

function tell(name: string, payload: unknown): void {
  for (const listener of listeners) listener(name, payload);
}

function connect(): WebSocket {
  const opening = new WebSocket(`ws://${location.host}/bridge`);
  let opened = false;
  opening.addEventListener('open', () => {
    opened = true;
    reconnectDelayMs = reconnectDelayMsMin;
    for (const message of unsent) opening.send(message);
    unsent = [];
    // The page was told `down` when the last socket broke; now it reads all state again.
    if (wasOpen) tell('engine', { status: 'up' });
    wasOpen = true;
  });
  opening.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') receive(data);
  });
  opening.addEventListener('close', () => {
    for (const answer of waiting.values()) answer(stopped);
    waiting.clear();
    unsent = [];
    if (opened) tell('engine', { status: 'down' });
    setTimeout(() => void reconnect(), reconnectDelayMs);
    reconnectDelayMs = Math.min(reconnectDelayMs * 2, reconnectDelayMsMax);
  });
  return opening;
}

/** A desk started anew no longer knows this page's cookie: then its own page says how to get in. */
async function reconnect(): Promise<void> {
  try {
    const { status } = await fetch('/', { method: 'HEAD', cache: 'no-store' });
    if (status === 401) {
      location.reload();
      return;
    }
  } catch {
    // Nobody there yet: the socket finds out when somebody is.
  }
  socket = connect();
}

function receive(text: string): void {
  const message = JSON.parse(text) as { id: number; reply: unknown } | { event: string; payload: unknown };
  if ('event' in message) {
    tell(message.event, message.payload);
    return;
  }
  waiting.get(message.id)?.(message.reply);
  waiting.delete(message.id);
}

const bridge: DeskBridge = {
  shell: 'web',
  invoke: (name, input) =>
    new Promise((resolve) => {
      if (socket.readyState >= WebSocket.CLOSING) {
        resolve(stopped);
        return;
      }
      lastId += 1;
      waiting.set(lastId, resolve);
      const message = JSON.stringify({ id: lastId, name, input });
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else unsent.push(message);
    }),
  subscribe: (listener) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};

Object.defineProperty(window, 'desk', { value: bridge });
