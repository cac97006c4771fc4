/** The dialogs that any screen may open, and what is counted for the frame, in a file of their own: a start does without. */
import '../../office-messages.ts';
import { ExportDialog } from '../export/ExportDialog.tsx';
import { RechargeDialog } from '../recharge/RechargeDialog.tsx';
import { CommandPalette } from './CommandPalette.tsx';
import { FindingsWatch } from './FindingsWatch.tsx';
import { ShortcutsDialog } from './ShortcutsDialog.tsx';
import { SignInAgain } from './SignInAgain.tsx';

export function Overlays() {
  return (
    <>
      <ExportDialog />
      <RechargeDialog />
      <SignInAgain />
      <CommandPalette />
      <ShortcutsDialog />
      <FindingsWatch />
    </>
  );
}
