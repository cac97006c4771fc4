/**
 * Puts `window.desk` on the page of the Electron window. It must never hold logic or hand the page anything of
 * Electron's: two functions cross, and the main process checks what comes through them.
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { DeskBridge } from '../shared/ipc.ts';

const bridge: DeskBridge = {
  shell: 'electron',
  invoke: (name, input) => ipcRenderer.invoke('desk:invoke', name, input),
  subscribe: (listener) => {
    const forward = (_event: unknown, name: string, payload: unknown): void => listener(name, payload);
    ipcRenderer.on('desk:event', forward);
    return () => {
      ipcRenderer.off('desk:event', forward);
    };
  },
};

contextBridge.exposeInMainWorld('desk', bridge);
