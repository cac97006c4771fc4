/** Asks for a name and keeps the history's present filter under it. Days that a range has a name for may move with the date. */
import { useState } from 'react';
import { Checkbox, Field, Input } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { historyFilter } from '../../state/history.ts';
import { keepView } from '../../state/views.ts';
import { namedRange } from './ranges.ts';

interface Props {
  readonly today: string;
  readonly onClose: () => void;
}

export function KeepViewDialog({ today, onClose }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<DeskProblem | null>(null);
  const isTaken = problem?.field === 'name';
  const named = namedRange(historyFilter(), today);
  const [isMoving, setMoving] = useState(true);
  const range = isMoving ? named : null;

  const keep = async (): Promise<void> => {
    if (busy || name.trim() === '') return;
    setBusy(true);
    const { fromDay, toDay, ...rest } = historyFilter();
    const days = { ...(fromDay === undefined ? {} : { fromDay }), ...(toDay === undefined ? {} : { toDay }) };
    const filter = range === null ? { ...rest, ...days } : rest;
    const reply = await keepView({ id: uuidv7(), name: name.trim(), range, filter });
    setBusy(false);
    if (reply.ok) onClose();
    else setProblem(reply.problem);
  };

  return (
    <AskDialog
      open
      title={t('views.keepTitle')}
      confirm={t('views.keepAction')}
      cancel={t('common.cancel')}
      busy={busy}
      disabled={name.trim() === ''}
      problem={isTaken ? null : problem}
      onConfirm={() => void keep()}
      onClose={onClose}
    >
      <Field label={t('views.name')} {...(isTaken ? { validationMessage: t('views.taken') } : {})}>
        <Input
          value={name}
          maxLength={40}
          placeholder={t('views.namePlaceholder')}
          onChange={(_, data) => {
            setName(data.value);
            setProblem(null);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.nativeEvent.isComposing) void keep();
          }}
        />
      </Field>
      {named !== null && (
        <Checkbox
          label={t('views.relative', { range: t(`history.ranges.${named}`) })}
          checked={isMoving}
          onChange={(_, data) => setMoving(data.checked === true)}
        />
      )}
    </AskDialog>
  );
}
