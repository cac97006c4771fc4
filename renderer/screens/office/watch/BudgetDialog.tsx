/** Sets the budget of a month: for everything, a provider or a product. Set again, it has another amount. */
import { useState } from 'react';
import { Field, Input, Select, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import { typedAmount } from '../../../format.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { useAct } from '../parts/useAct.ts';

const scopes = ['all', 'provider', 'product'] as const;

interface Props {
  readonly month: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function BudgetDialog({ month, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const act = useAct('setBudget');
  // Kept for a repeated try: the same budget, not another one.
  const [id] = useState(() => uuidv7());
  const [scope, setScope] = useState<(typeof scopes)[number]>('all');
  const [name, setName] = useState('');
  const [typed, setTyped] = useState('');
  const amount = typedAmount(typed);
  const named = scope === 'all' ? '' : name.trim();
  const ready = amount !== null && !/^0(?:\.0+)?$/.test(amount) && (scope === 'all' || named !== '');
  const confirm = async (): Promise<void> => {
    if (amount === null) return;
    if ((await act.run({ body: { id, month, scope, name: named, amount } })) !== null) onDone();
  };
  return (
    <AskDialog
      open
      title={t('office.watch.setBudgetOf', { month })}
      confirm={t('office.watch.setBudget')}
      cancel={t('common.cancel')}
      busy={act.busy}
      disabled={!ready}
      problem={act.problem}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Text>{t('office.watch.budgetMeans')}</Text>
      <Field label={t('office.watch.scope')}>
        <Select
          value={scope}
          onChange={(_, { value }) => setScope(scopes.find((one) => one === value) ?? 'all')}
        >
          {scopes.map((one) => (
            <option key={one} value={one}>
              {t(`office.watch.scopes.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {scope !== 'all' && (
        <Field label={t(`office.watch.scopes.${scope}`)} required>
          <Input value={name} onChange={(_, data) => setName(data.value)} />
        </Field>
      )}
      <Field label={t('office.watch.budget')} required>
        <Input value={typed} inputMode="decimal" onChange={(_, data) => setTyped(data.value)} />
      </Field>
    </AskDialog>
  );
}
