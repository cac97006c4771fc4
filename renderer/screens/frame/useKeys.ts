/** The desk's keys, and their list for the dialog that shows them. Nothing happens while an input method is composing. */
import { useLayoutEffect } from 'react';
import { invoke } from '../../bridge.ts';
import { historyFilter } from '../../state/history.ts';
import { mirror, roleIn } from '../../state/mirror.ts';
import { goTo, navigation, openExport, screensOf, showOverlay } from '../../state/navigation.ts';

/** The key that commands are given with, as this machine's keyboard names it. */
export const commandKey = /mac/i.test(navigator.platform) ? '⌘' : 'Ctrl';

/** What the current screen would export. */
export function exportShown(): void {
  openExport(navigation.getState().screen === 'history' ? historyFilter() : {});
}

/** A question that waits for its answer must not be covered by another. */
function isAsking(): boolean {
  return document.querySelector('[aria-modal="true"]:not([data-overlay])') !== null;
}

function pressed(event: KeyboardEvent): void {
  if (event.isComposing || event.altKey || event.shiftKey) return;
  const commanded = event.ctrlKey || event.metaKey;
  const done = commanded ? withCommandKey(event.key.toLowerCase()) : event.key === 'F1' && showKeys(); // Caps lock may be on.
  if (done) event.preventDefault();
}

function showKeys(): boolean {
  if (!isAsking()) showOverlay('shortcuts');
  return true;
}

/** Whether the key is one of the desk's. */
function withCommandKey(key: string): boolean {
  const screen = screensOf(roleIn(mirror.getState()))[Number(key) - 1];
  if (screen !== undefined) {
    // A field takes in what was typed when it is left; a screen that goes away would take it along.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    showOverlay(null);
    goTo(screen);
  } else if (key === 'k') {
    if (!isAsking()) showOverlay(navigation.getState().overlay === 'palette' ? null : 'palette');
  } else if (key === 'r') void invoke('sync.now', {});
  else if (key === 'e') {
    showOverlay(null);
    exportShown();
  } else return false;
  return true;
}

export function useKeys(): void {
  // Before the desk is seen: keys that are pressed at once would be lost until an effect after it.
  useLayoutEffect(() => {
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}
