/** Who acted, as people call them. */
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../../../shared/api-audit.ts';

/** Who acted: by the present name, at a terminal, the server itself, or nobody who is known. */
export function useWho(): (entry: AuditEntry) => string {
  const { t } = useTranslation();
  return ({ actorName, actorId, role }) => {
    if (actorName !== undefined) return actorName;
    if (role === 'terminal') return t('office.audit.terminal');
    if (role === 'server') return t('office.audit.server');
    return actorId ?? t('office.audit.nobody');
  };
}
