/** Asks for a day to be held against WeChat's bills, or for the ledger to be held against itself. */
import { useState } from 'react';
import { Field, Select, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { ReconciliationSource } from '../../../../shared/api-reconciliation.ts';
import { dayOf } from '../../../format.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { DayField } from '../../../parts/DayField.tsx';
import { useNow } from '../../../parts/useFormat.ts';
import { useDoing } from '../../../state/ask.ts';

interface Props {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const dayMs = 86_400_000;
/** Days of reconciliation are those of WeChat's bills. */
const billZone = 'Asia/Shanghai';

export function RunDayDialog({ onDone, onClose }: Props) {
  const { t } = useTranslation();
  const run = useDoing('runReconciliation');
  const yesterday = dayOf(useNow() - dayMs, billZone);
  const [day, setDay] = useState(yesterday);
  const [wrong, setWrong] = useState<string | null>(null);
  const [source, setSource] = useState<ReconciliationSource>('wechat');
  const confirm = async (): Promise<void> => {
    const told = await run.run({ body: { source, day } });
    if (told?.ok === true) onDone();
  };
  return (
    <AskDialog
      open
      title={t('office.reconciliation.runDay')}
      confirm={t('office.reconciliation.run')}
      cancel={t('common.cancel')}
      busy={run.busy}
      disabled={wrong !== null}
      problem={run.problem}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Text>{t('office.reconciliation.runMeans')}</Text>
      <Field label={t('office.reconciliation.source.label')}>
        <Select
          value={source}
          onChange={(_, data) =>
            setSource(ReconciliationSource.options.find((one) => one === data.value) ?? source)
          }
        >
          {ReconciliationSource.options.map((one) => (
            <option key={one} value={one}>
              {t(`office.reconciliation.source.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field
        label={t('office.reconciliation.day')}
        hint={t('office.reconciliation.dayHint')}
        validationState={wrong === null ? 'none' : 'error'}
        validationMessage={wrong}
      >
        <DayField
          required
          label={t('office.reconciliation.day')}
          day={day}
          max={yesterday}
          onDay={setDay}
          onWrong={setWrong}
        />
      </Field>
    </AskDialog>
  );
}
