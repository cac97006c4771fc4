/** How an account stands: in use, frozen, or of nobody any more. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { AccountRow } from '../../../../shared/api-office.ts';

/** An account that is somebody's has an address. */
export function isErased({ email }: Pick<AccountRow, 'email'>): boolean {
  return email === '';
}

export function StandingBadge({ account }: { readonly account: Pick<AccountRow, 'email' | 'frozen'> }) {
  const { t } = useTranslation();
  if (isErased(account)) return t('office.accounts.erased');
  if (!account.frozen) return t('office.accounts.inUse');
  return (
    <Badge appearance="tint" color="danger">
      {t('office.accounts.frozen')}
    </Badge>
  );
}
