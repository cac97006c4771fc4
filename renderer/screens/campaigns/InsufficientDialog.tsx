/** Says by how much the money falls short and leads to recharge. The draft stays as it is. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Text,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { BalanceCheck } from '../../../shared/ipc-campaigns.ts';
import { money } from '../../format.ts';
import { Facts } from '../../parts/Facts.tsx';
import { startRecharge } from '../../state/recharge.ts';
import { useDialogStyles } from '../../parts/dialogStyles.ts';

interface Props {
  readonly check: BalanceCheck;
  readonly onClose: () => void;
}

export function InsufficientDialog({ check, onClose }: Props) {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={dialog.surface}>
        <DialogBody>
          <DialogTitle>{t('insufficient.title')}</DialogTitle>
          <DialogContent className={dialog.content}>
            <Facts
              end
              facts={[
                { name: t('insufficient.required'), value: money(check.required) },
                { name: t('balance.available'), value: money(check.available) },
                { name: t('insufficient.shortfall'), value: money(check.shortfall ?? '0.00'), strong: true },
              ]}
            />
            <Text>{t('insufficient.draftKept')}</Text>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{t('insufficient.later')}</Button>
            <Button
              appearance="primary"
              onClick={() => {
                onClose();
                startRecharge(check.shortfall);
              }}
            >
              {t('recharge.go')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
