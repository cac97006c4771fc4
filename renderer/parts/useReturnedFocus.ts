/**
 * Gives the focus back when a dialog is put away: to what had it before, or, where that has gone with what was decided, to
 * the dialog that lies beneath. Left on nothing, the keys would reach no dialog, and assistive technology would find the
 * one beneath hidden.
 */
import { useLayoutEffect } from 'react';

export function useReturnedFocus(open: boolean): void {
  useLayoutEffect(() => {
    if (!open) return undefined;
    const before = document.activeElement;
    return () => {
      const left = dialogWithFocus();
      // The dialog is still there while it is taken away.
      setTimeout(() => {
        const now = dialogWithFocus();
        // One that was opened in its stead: taken from that, the focus would leave it hidden from assistive technology.
        if (now !== null && now !== left && !now.contains(before)) return;
        if (before instanceof HTMLElement && before !== document.body && before.isConnected) before.focus();
        focusDialogBeneath();
      });
    };
  }, [open]);
}

function dialogWithFocus(): Element | null {
  return document.activeElement?.closest('[role="dialog"]') ?? null;
}

/** Does nothing where something has the focus, or no dialog is open. */
export function focusDialogBeneath(): void {
  if (document.activeElement !== null && document.activeElement !== document.body) return;
  [...document.querySelectorAll<HTMLElement>('[role="dialog"]')].at(-1)?.focus();
}
