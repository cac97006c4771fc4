/** Where a day stands, in a word and a colour: one that was held against the bills agrees only once nothing is left to do. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ReconciliationDay } from '../../../../shared/api-reconciliation.ts';

const colours = {
  done: 'success',
  differs: 'warning',
  running: 'brand',
  due: 'informative',
  failed: 'danger',
} as const;

export function DayBadge({ day: { state, differences } }: { readonly day: ReconciliationDay }) {
  const { t } = useTranslation();
  const stands = state === 'done' && differences.open + differences.proposed > 0 ? 'differs' : state;
  return (
    <Badge appearance="tint" color={colours[stands]}>
      {t(`office.reconciliation.dayState.${stands}`)}
    </Badge>
  );
}
