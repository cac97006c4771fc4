/** Sets the budget of a month: for everything, a provider or a product, chosen by name. Set again, it has another amount. */
import { useState } from 'react';
import { Field, Input, Select, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import { typedAmount } from '../../../format.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useProducts } from '../parts/names.ts';
import { useAct } from '../parts/useAct.ts';
import { useProviders } from '../parts/useProviders.ts';

const scopes = ['all', 'provider', 'product'] as const;

interface Props {
  readonly month: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function BudgetDialog({ month, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const act = useAct('setBudget');
  // Kept for a repeated try: the same budget, not another one.
  const [id] = useState(() => uuidv7());
  const [scope, setScope] = useState<(typeof scopes)[number]>('all');
  const [name, setName] = useState('');
  const [typed, setTyped] = useState('');
  const amount = typedAmount(typed);
  const { ids, nameOf } = useProviders();
  const products = useProducts();
  const named = scope === 'provider' ? ids.map((one) => ({ id: one, name: nameOf(one) })) : products;
  const ready = amount !== null && !/^0(?:\.0+)?$/.test(amount) && (scope === 'all' || name !== '');
  const confirm = async (): Promise<void> => {
    if (amount === null) return;
    if ((await act.run({ body: { id, month, scope, name: scope === 'all' ? '' : name, amount } })) !== null)
      onDone();
  };
  return (
    <AskDialog
      open
      title={t('office.watch.setBudgetOf', { month: format.month(month) })}
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
          onChange={(_, { value }) => {
            setScope(scopes.find((one) => one === value) ?? 'all');
            setName('');
          }}
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
          <Select value={name} onChange={(_, { value }) => setName(value)}>
            <option value="">{t('office.watch.choose')}</option>
            {named.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field label={t('office.watch.budget')} required>
        <Input
          value={typed}
          inputMode="decimal"
          contentBefore={<span aria-hidden>¥</span>}
          onChange={(_, data) => setTyped(data.value)}
        />
      </Field>
    </AskDialog>
  );
}
