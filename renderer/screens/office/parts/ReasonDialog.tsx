/** Asks before something that is kept with its reason: says what it will do, and goes on only once a reason is written. */
import { useState, type ReactNode } from 'react';
import { Field, Textarea } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';

interface Props {
  readonly title: string;
  /** What it will do, in money where it moves some; and fields of its own. */
  readonly children: ReactNode;
  readonly confirm: string;
  /** What goes back without doing it; absent: cancelling. */
  readonly cancel?: string;
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  /** A field of the caller's still has to be mended. */
  readonly disabled?: boolean;
  /** As it was written before. */
  readonly reason?: string;
  readonly reasonMax?: number;
  /** Every press of the button, whether or not it goes on: fields of the caller's say what they lack. */
  readonly onTry?: () => void;
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}

export function ReasonDialog(props: Props) {
  const { title, children, confirm, busy, problem, disabled = false, reasonMax = 500 } = props;
  const { t } = useTranslation();
  const [reason, setReason] = useState(props.reason ?? '');
  const [asked, setAsked] = useState(false);
  const missing = reason.trim() === '';
  return (
    <AskDialog
      open
      title={title}
      confirm={confirm}
      cancel={props.cancel ?? t('common.cancel')}
      busy={busy}
      disabled={disabled}
      problem={problem}
      onConfirm={() => {
        setAsked(true);
        props.onTry?.();
        if (!missing && !disabled && !busy) props.onConfirm(reason.trim());
      }}
      onClose={props.onClose}
    >
      {children}
      <Field
        label={t('office.frame.reason')}
        required
        {...(asked && missing ? { validationMessage: t('office.frame.reasonMissing') } : {})}
      >
        <Textarea
          rows={2}
          value={reason}
          maxLength={reasonMax}
          onChange={(_, data) => setReason(data.value)}
        />
      </Field>
    </AskDialog>
  );
}
