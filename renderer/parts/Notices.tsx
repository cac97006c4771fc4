/** Tells what happened by itself — a campaign done, the network gone — in passing, at the corner of the window. */
import { useEffect } from 'react';
import {
  Button,
  Toast,
  Toaster,
  ToastTitle,
  ToastTrigger,
  useId,
  useToastController,
  type ToastIntent,
} from '@fluentui/react-components';
import { Dismiss16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { useTrayHeight } from '../state/exports.ts';
import { noteShown, toldNotices, type Notice } from '../state/notices.ts';
import { shownParams } from './words.ts';

const intents: Record<Notice['kind'], ToastIntent> = {
  campaign_done: 'success',
  campaign_paused: 'warning',
  campaign_resumed: 'info',
  low_balance: 'warning',
  back_online: 'success',
  went_offline: 'warning',
  drift: 'error',
  price_changed: 'info',
  disk_full: 'error',
  numbers: 'warning',
  data_damaged: 'error',
};

/** As far from the edges as the library has them by itself. */
const fromEdgePx = { horizontal: 20, vertical: 16 } as const;

export function Notices() {
  const { t } = useTranslation();
  const toasterId = useId('notices');
  const { dispatchToast } = useToastController(toasterId);
  const trayPx = useTrayHeight();
  const told = useStore(toldNotices);
  useEffect(() => {
    if (told.length === 0) return;
    for (const { id, kind, params } of told)
      dispatchToast(
        <Toast>
          <ToastTitle
            action={
              <ToastTrigger>
                <Button
                  appearance="transparent"
                  size="small"
                  icon={<Dismiss16Regular />}
                  aria-label={t('common.close')}
                />
              </ToastTrigger>
            }
          >
            {t(`notice.${kind}`, shownParams(params))}
          </ToastTitle>
        </Toast>,
        // What is wrong stays until it was seen to; the rest is told in passing.
        { toastId: id, intent: intents[kind], timeout: intents[kind] === 'error' ? -1 : 5_000 },
      );
    noteShown(told);
  }, [told, dispatchToast, t]);
  return (
    <aside aria-label={t('frame.notices')}>
      <Toaster
        inline
        toasterId={toasterId}
        position="bottom-end"
        offset={{ ...fromEdgePx, vertical: fromEdgePx.vertical + trayPx }}
        limit={3}
      />
    </aside>
  );
}
