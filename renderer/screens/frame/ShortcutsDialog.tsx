/** The list of the desk's keys. It runs none of them. */
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
import { useDialogStyles } from '../../parts/dialogStyles.ts';
import { Facts } from '../../parts/Facts.tsx';
import { Keys } from '../../parts/Keys.tsx';
import { screens, showOverlay, useNavigation } from '../../state/navigation.ts';
import { commandKey } from './useKeys.ts';

export function ShortcutsDialog() {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  const open = useNavigation((state) => state.overlay === 'shortcuts');
  const keys: [string, readonly string[]][] = [
    [t('keys.palette'), [commandKey, 'K']],
    [t('keys.screens'), [commandKey, `1 – ${screens.length}`]],
    [t('keys.export'), [commandKey, 'E']],
    [t('keys.sync'), [commandKey, 'R']],
    [t('keys.move'), ['Tab']],
    [t('keys.close'), ['Esc']],
    [t('keys.shortcuts'), ['F1']],
  ];
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && showOverlay(null)}>
      <DialogSurface className={dialog.surface} data-overlay>
        <DialogBody>
          <DialogTitle>{t('keys.title')}</DialogTitle>
          <DialogContent className={dialog.content}>
            <Facts end facts={keys.map(([name, pressed]) => ({ name, value: <Keys pressed={pressed} /> }))} />
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={() => showOverlay(null)}>
              {t('common.close')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
