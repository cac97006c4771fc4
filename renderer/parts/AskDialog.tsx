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
  makeStyles,
  Spinner,
  tokens,
} from '@fluentui/react-components';
import type { DeskProblem } from '../../shared/ipc.ts';
import { ProblemMessage } from './ProblemMessage.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: '480px' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

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
  const styles = useStyles();
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && props.onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className={styles.content}>
            {children}
            {problem !== null && <ProblemMessage problem={problem} />}
          </DialogContent>
          <DialogActions>
            {props.extra}
            <Button onClick={props.onClose}>{cancel}</Button>
            <Button
              appearance="primary"
              disabled={disabled || busy}
              {...(busy ? { icon: <Spinner size="tiny" /> } : {})}
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
