/** Asks before something that cannot be taken back. Esc and the quiet button leave everything as it is. */
import type { ReactNode } from 'react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
} from '@fluentui/react-components';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { ProblemMessage } from './ProblemMessage.tsx';
import { useDialogStyles } from './dialogStyles.ts';
import { useReturnedFocus } from './useReturnedFocus.ts';

interface Props {
  readonly open: boolean;
  readonly title: string;
  readonly children: ReactNode;
  readonly confirm: string;
  readonly cancel: string;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly problem?: DeskProblem | null;
  readonly extra?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function AskDialog(props: Props) {
  const { open, title, children, confirm, cancel, busy = false, disabled = false, problem = null } = props;
  const dialog = useDialogStyles();
  useReturnedFocus(open);
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && props.onClose()}>
      <DialogSurface
        className={dialog.surface}
        // Over a drawer too: what lies beneath waits for an answer.
        backdrop={{ appearance: 'dimmed' }}
      >
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className={dialog.content}>
            {children}
            {problem !== null && <ProblemMessage problem={problem} />}
          </DialogContent>
          <DialogActions>
            {props.extra}
            <Button className={dialog.action} onClick={props.onClose}>
              {cancel}
            </Button>
            <Button
              appearance="primary"
              className={dialog.action}
              // Kept in the focus while it waits, so that Esc and Tab still belong to the dialog afterwards.
              disabledFocusable={disabled || busy}
              {...(busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
              onClick={props.onConfirm}
            >
              {confirm}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
