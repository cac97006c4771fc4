/** Shows something to be read and put away again. It asks nothing. */
import type { ReactNode } from 'react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useDialogStyles } from './dialogStyles.ts';
import { useReturnedFocus } from './useReturnedFocus.ts';

interface Props {
  readonly open: boolean;
  readonly title: string;
  readonly children: ReactNode;
  /** One of the overlays that the keys open, of which one shows at a time. */
  readonly overlay?: boolean;
  /** For a table rather than a few lines. */
  readonly wide?: boolean;
  readonly onClose: () => void;
}

export function InfoDialog({ open, title, children, overlay = false, wide = false, onClose }: Props) {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  useReturnedFocus(open);
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface
        {...(wide ? {} : { className: dialog.surface })}
        {...(overlay ? { 'data-overlay': true } : {})}
      >
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className={dialog.content}>{children}</DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {t('common.close')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
