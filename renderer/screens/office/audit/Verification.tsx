/** Verifies the audit log when asked to, and says what was checked and what was found, entry by entry. */
import { useState } from 'react';
import { Button, MessageBar, MessageBarBody, Spinner, Text } from '@fluentui/react-components';
import { ShieldCheckmark20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { AuditVerification } from '../../../../shared/api-audit.ts';
import { CopyText } from '../../../parts/CopyText.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { InfoDialog } from '../../../parts/InfoDialog.tsx';
import { ProblemMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useDoing } from '../../../state/ask.ts';

export function Verification() {
  const { t } = useTranslation();
  const verifying = useDoing('verifyAudit');
  const [found, setFound] = useState<AuditVerification | null>(null);
  const [open, setOpen] = useState(false);
  const verify = async (): Promise<void> => {
    const told = await verifying.run({});
    if (told === null) return;
    setFound(told.ok ? told.body : null);
    setOpen(true);
  };
  return (
    <>
      <Button
        icon={verifying.busy ? <Spinner size="tiny" aria-hidden /> : <ShieldCheckmark20Regular />}
        disabledFocusable={verifying.busy}
        onClick={() => void verify()}
      >
        {t('office.audit.verify')}
      </Button>
      <InfoDialog open={open} title={t('office.audit.verified')} onClose={() => setOpen(false)}>
        {verifying.problem !== null && <ProblemMessage problem={verifying.problem} />}
        {verifying.problem === null && found !== null && <Found found={found} />}
      </InfoDialog>
    </>
  );
}

function Found({ found }: { readonly found: AuditVerification }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { firstSeq, lastSeq, entries, origins, erased, faults, head, jws, checkedAt } = found;
  return (
    <>
      <MessageBar intent={faults.length === 0 ? 'success' : 'error'} layout="multiline" role="status">
        <MessageBarBody>
          {faults.length === 0
            ? t('office.audit.agrees', { count: entries })
            : t('office.audit.faults', { count: faults.length })}
        </MessageBarBody>
      </MessageBar>
      {faults.map(({ seq, kind, detail }, index) => (
        <Text key={index} block>
          {seq === undefined ? '' : `${format.count(seq)} · `}
          {t(`office.audit.fault.${kind}`)}
          {` (${detail})`}
        </Text>
      ))}
      <Facts
        facts={[
          {
            name: t('office.audit.range'),
            value: entries === 0 ? '–' : `${format.count(firstSeq)} – ${format.count(lastSeq)}`,
          },
          {
            name: t('office.audit.origins'),
            value: t('office.audit.originsOf', {
              origins: format.count(origins),
              erased: format.count(erased),
            }),
          },
          { name: t('office.audit.checkedAt'), value: format.dateTimeZone(checkedAt) },
          { name: t('office.audit.head'), value: <CopyText text={head} name={t('office.audit.head')} /> },
          { name: t('office.audit.signed'), value: <CopyText text={jws} name={t('office.audit.signed')} /> },
        ]}
      />
      <Text>{t('office.audit.keepIt')}</Text>
    </>
  );
}
