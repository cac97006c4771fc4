/**
 * Says how money gets onto the account. Whether that can be done online is the server's to say, and it is asked each
 * time; where it does not, the person is told whom to turn to and with what.
 */
import { useEffect, useState } from 'react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
  Text,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { CommandReply } from '../../../shared/ipc.ts';
import { invoke } from '../../bridge.ts';
import { Amount } from '../../parts/Amount.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useDesk } from '../../state/mirror.ts';
import { showRecharge, useNavigation } from '../../state/navigation.ts';
import { useDialogStyles } from '../../parts/dialogStyles.ts';

/** Where the server stands on online recharge, asked once for each time it is drawn. */
function Offer({ onAskAgain }: { readonly onAskAgain: () => void }) {
  const { t } = useTranslation();
  const [told, setTold] = useState<CommandReply<'recharge.offer'> | null>(null);
  useEffect(() => {
    let wanted = true;
    const ask = async (): Promise<void> => {
      const reply = await invoke('recharge.offer', {});
      if (wanted) setTold(reply);
    };
    void ask();
    return () => {
      wanted = false;
    };
  }, []);
  if (told === null) return <Spinner size="tiny" label={t('recharge.asking')} />;
  if (!told.ok)
    return (
      <>
        <RetryMessage problem={told.problem} onRetry={onAskAgain} />
        <Text>{t('recharge.unknown')}</Text>
      </>
    );
  return <Text role="status">{t(told.output.online ? 'recharge.needsUpdate' : 'recharge.notOffered')}</Text>;
}

export function RechargeDialog() {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  const [asked, setAsked] = useState(0);
  const open = useNavigation((state) => state.recharging);
  const account = useDesk(({ session }) => session.account);
  const available = useDesk(({ balance }) => balance?.available ?? null);
  return (
    <Dialog open={open} onOpenChange={(_, data) => showRecharge(data.open)}>
      <DialogSurface className={dialog.surface}>
        <DialogBody>
          <DialogTitle>{t('recharge.title')}</DialogTitle>
          <DialogContent className={dialog.content}>
            <Offer key={asked} onAskAgain={() => setAsked(asked + 1)} />
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
