/** Opens what reading a campaign's targets came to, where lines were left out. */
import { useState } from 'react';
import { Link } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { InfoDialog } from '../../parts/InfoDialog.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { TargetsReportCard } from './TargetsReportCard.tsx';
import { useTargetsReport } from './useTargetsReport.ts';

export function TargetsReportLink({ id, name }: { readonly id: string; readonly name: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { report } = useTargetsReport(id);
  const [open, setOpen] = useState(false);
  const leftOut = report === undefined ? 0 : report.bad + report.duplicates;
  if (report === undefined || leftOut === 0) return null;
  return (
    <>
      {' · '}
      <Link as="button" onClick={() => setOpen(true)}>
        {t('report.open', { lines: format.count(leftOut) })}
      </Link>
      <InfoDialog open={open} wide title={name} onClose={() => setOpen(false)}>
        <TargetsReportCard report={report} />
      </InfoDialog>
    </>
  );
}
