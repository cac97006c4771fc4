/** Says how money gets onto the account as long as this desk cannot take a payment itself. */
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
import { Amount } from '../../parts/Amount.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { useDesk } from '../../state/mirror.ts';
import { showRecharge, useNavigation } from '../../state/navigation.ts';
import { useDialogStyles } from '../../parts/dialogStyles.ts';

export function RechargeDialog() {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  const open = useNavigation((state) => state.recharging);
  const account = useDesk(({ session }) => session.account);
  const available = useDesk(({ balance }) => balance?.available ?? null);
  return (
    <Dialog open={open} onOpenChange={(_, data) => showRecharge(data.open)}>
      <DialogSurface className={dialog.surface}>
        <DialogBody>
          <DialogTitle>{t('recharge.title')}</DialogTitle>
          <DialogContent className={dialog.content}>
            <Text>{t('recharge.notYet')}</Text>
            <Facts
              facts={[
                { name: t('recharge.account'), value: account?.name ?? '' },
                {
                  name: t('recharge.email'),
                  value: <CopyText text={account?.email ?? ''} name={t('recharge.email')} />,
                },
                {
                  name: t('balance.available'),
                  value: available === null ? '—' : <Amount value={available} />,
                },
              ]}
            />
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={() => showRecharge(false)}>
              {t('common.understood')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
