/** The days that an unusual one was compared with, and that day at their end. */
import { useTranslation } from 'react-i18next';
import type { Unusual } from '../../../../shared/api-finance.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { AmountBars } from '../parts/AmountBars.tsx';

export function UsualDays({ what }: { readonly what: Unusual }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <AmountBars
      label={t('office.watch.compared')}
      series={[t('office.watch.use')]}
      bars={[...what.history, { day: what.day, amount: what.amount }].map(({ day, amount }) => ({
        key: day,
        label: format.dayShort(day),
        amounts: [amount],
      }))}
      asset={what.asset}
      limit={{
        name: t(what.direction === 'high' ? 'office.watch.upperLimit' : 'office.watch.lowerLimit'),
        amount: what.limit,
      }}
    />
  );
}
