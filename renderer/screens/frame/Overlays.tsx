/** The dialogs that any screen may open, in a file of their own: a start opens none. */
import '../../office-messages.ts';
import { ExportDialog } from '../export/ExportDialog.tsx';
import { RechargeDialog } from '../recharge/RechargeDialog.tsx';
import { CommandPalette } from './CommandPalette.tsx';
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
    </>
  );
}
