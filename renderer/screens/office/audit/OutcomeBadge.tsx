/** What came of an act, in a word and a colour. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { AuditOutcome } from '../../../../shared/api-audit.ts';

const colours = { done: 'success', replayed: 'informative', waiting: 'warning', refused: 'danger' } as const;

export function OutcomeBadge({ outcome }: { readonly outcome: AuditOutcome }) {
  const { t } = useTranslation();
  return (
    <Badge appearance="tint" color={colours[outcome]}>
      {t(`office.audit.outcome.${outcome}`)}
    </Badge>
  );
}
