/**
 * Puts `window.desk` on the page of the Electron window, and tells the main process when the page has drawn something.
 * It must never hold logic or hand the page anything of Electron's: three functions cross, and the main process checks
 * what comes through them.
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { DeskBridge } from '../shared/ipc.ts';

// Asked for at once: it is there when the page, which has yet to be read, wants it.
const lastState: Promise<unknown> = ipcRenderer.invoke('desk:last');

const bridge: DeskBridge = {
  shell: 'electron',
  invoke: (name, input) => ipcRenderer.invoke('desk:invoke', name, input),
  lastState: () => lastState,
  subscribe: (listener) => {
    const forward = (_event: unknown, name: string, payload: unknown): void => listener(name, payload);
    ipcRenderer.on('desk:event', forward);
    return () => {
      ipcRenderer.off('desk:event', forward);
    };
  },
};

contextBridge.exposeInMainWorld('desk', bridge);

// What is brought up behind the page waits for this: before, it would only share the page's processors.
new PerformanceObserver((list, observer) => {
  if (list.getEntriesByName('first-contentful-paint').length === 0) return;
  observer.disconnect();
  ipcRenderer.send('desk:drawn');
}).observe({ type: 'paint', buffered: true });
