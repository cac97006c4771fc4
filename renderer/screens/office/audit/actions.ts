/** What entries of the audit log call acts, in the person's language; an act that has no word goes by its own name. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

/** Those that one may look for by name; others are found by text. */
export const actions = [
  'sign_in',
  'sign_in_failed',
  'sign_out',
  'token_reused',
  'token_refused',
  'role_refused',
  'adjust',
  'approveAdjustment',
  'withdrawAdjustment',
  'refund',
  'refundRechargeOrder',
  'grant',
  'putPricing',
  'putCatalogue',
  'putMeteringCatalogue',
  'approveRequest',
  'refuseRequest',
  'withdrawRequest',
  'freezeAccount',
  'setMemberLevel',
  'personalData',
  'erasePersonalData',
  'runReconciliation',
  'explainDifference',
  'proposeForDifference',
  'approveForDifference',
  'withdrawForDifference',
  'putCosts',
  'closePeriod',
  'setBudget',
  'seeFinding',
  'makeBackup',
  'beginBill',
  'sendBillLines',
  'bookBill',
  'acceptCosts',
  'disputeCosts',
  'retention',
] as const;

export function useActionName(): (action: string) => string {
  const { t } = useTranslation();
  return useCallback(
    (action) => {
      const command = /^command:(.+)$/.exec(action)?.[1];
      if (command !== undefined) return t('office.audit.command', { command });
      return t(`office.audit.action.${action}`, { defaultValue: action });
    },
    [t],
  );
}
