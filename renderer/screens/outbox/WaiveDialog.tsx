/** Gives a charge up, for a reason that is kept with it. */
import { useState } from 'react';
import { Field, Text, Textarea } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { money } from '../../format.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { useCommand } from '../../state/command.ts';
import type { OutboxCharge } from '../../state/outbox.ts';

interface Props {
  readonly item: OutboxCharge;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function WaiveDialog({ item, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const waive = useCommand('outbox.waive');

  const giveUp = async (): Promise<void> => {
    const reply = await waive.run({ id: item.id, reason: reason.trim() });
    if (reply?.ok !== true) return;
    onDone();
    onClose();
  };

  return (
    <AskDialog
      open
      title={t('waive.title')}
      confirm={t('waive.confirm')}
      cancel={t('common.keep')}
      busy={waive.busy}
      disabled={reason.trim() === ''}
      problem={waive.problem}
      onConfirm={() => void giveUp()}
      onClose={onClose}
    >
      <Text>{t('waive.text', { target: item.targetUserId, amount: money(item.amount) })}</Text>
      <Field label={t('waive.reason')} required>
        <Textarea value={reason} maxLength={500} rows={3} onChange={(_, data) => setReason(data.value)} />
      </Field>
    </AskDialog>
  );
}
