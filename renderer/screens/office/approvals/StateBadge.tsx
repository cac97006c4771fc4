/** Where a request stands, in a word and a colour. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ApprovalState } from '../../../../shared/api-approvals.ts';

const colours = {
  waiting: 'warning',
  done: 'success',
  refused: 'danger',
  withdrawn: 'informative',
  expired: 'informative',
} as const satisfies Record<ApprovalState, unknown>;

export function StateBadge({ state }: { readonly state: ApprovalState }) {
  const { t } = useTranslation();
  return (
    <Badge appearance="tint" color={colours[state]}>
      {t(`office.approvals.state.${state}`)}
    </Badge>
  );
}
