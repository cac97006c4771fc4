/** How an order stands, in a word and a colour. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { OfficeOrder } from '../../../../shared/api-office.ts';

const colours = { pending: 'warning', paid: 'success', closed: 'informative', refunded: 'brand' } as const;

export function OrderMark({ state }: { readonly state: OfficeOrder['state'] }) {
  const { t } = useTranslation();
  return (
    <Badge appearance="tint" color={colours[state]}>
      {t(`office.orders.state.${state}`)}
    </Badge>
  );
}
