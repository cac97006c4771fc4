/** The desk's keys: screens by number, synchronise, export. Nothing happens while an input method is composing. */
import { useEffect } from 'react';
import { invoke } from '../../bridge.ts';
import { historyFilter } from '../../state/history.ts';
import { goTo, navigation, openExport, screens } from '../../state/navigation.ts';

function pressed(event: KeyboardEvent): void {
  if (event.isComposing || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase(); // Caps lock may be on.
  const screen = screens[Number(key) - 1];
  if (screen !== undefined) {
    // A field takes in what was typed when it is left; a screen that goes away would take it along.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    goTo(screen);
  } else if (key === 'r') void invoke('sync.now', {});
  else if (key === 'e') openExport(navigation.getState().screen === 'history' ? historyFilter() : {});
  else return;
  event.preventDefault();
}

export function useKeys(): void {
  useEffect(() => {
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}
