/** Sets the budget of a month: for everything, a provider or a product, chosen by name. Set again, it has another amount. */
import { useState } from 'react';
import { Field, Input, Select, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import type { Budget } from '../../../../shared/api-finance.ts';
import { money, signOf, typedAmount } from '../../../format.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useProducts } from '../parts/names.ts';
import { useAct } from '../parts/useAct.ts';
import { useProviders } from '../parts/useProviders.ts';

const scopes = ['all', 'provider', 'product'] as const;

export type BudgetSet = Pick<Budget, 'scope' | 'name' | 'amount'>;

interface Props {
  readonly month: string;
  /** Those that the month has. */
  readonly budgets: readonly Budget[];
  readonly onDone: (set: BudgetSet) => void;
  readonly onClose: () => void;
}

export function BudgetDialog({ month, budgets, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const act = useAct('setBudget');
  // Kept for a repeated try: the same budget, not another one.
  const [id] = useState(() => uuidv7());
  const [scope, setScope] = useState<(typeof scopes)[number]>('all');
  const [chosen, setChosen] = useState('');
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const name = scope === 'all' ? '' : chosen;
  const amount = typedAmount(typed);
  const isAmount = amount !== null && signOf(amount) > 0;
  const isNamed = scope === 'all' || name !== '';
  const before = budgets.find((budget) => budget.scope === scope && budget.name === name);
  const { ids, nameOf } = useProviders();
  const products = useProducts();
  const named = scope === 'provider' ? ids.map((one) => ({ id: one, name: nameOf(one) })) : products;
  const confirm = async (): Promise<void> => {
    setTried(true);
    if (!isAmount || !isNamed) return;
    const budget = { scope, name, amount };
    if ((await act.run({ body: { id, month, ...budget } })) !== null) onDone(budget);
  };
  return (
    <AskDialog
      open
      title={t('office.watch.setBudgetOf', { month: format.month(month) })}
      confirm={t('office.watch.setBudget')}
      cancel={t('common.cancel')}
      busy={act.busy}
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
            setChosen('');
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
        <Field
          label={t(`office.watch.scopes.${scope}`)}
          required
          {...(tried && !isNamed ? { validationMessage: t('office.watch.chooseMissing') } : {})}
        >
          <Select value={chosen} onChange={(_, { value }) => setChosen(value)}>
            <option value="">{t('office.watch.choose')}</option>
            {named.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field
        label={t('office.watch.budgetYuan')}
        required
        {...(before === undefined
          ? {}
          : {
              hint: t('office.watch.budgetNow', {
                amount: money(before.amount),
                spent: money(before.spent),
              }),
            })}
        {...((tried || typed !== '') && !isAmount
          ? { validationMessage: t('office.watch.budgetWrong') }
          : {})}
      >
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
