/** Bills of providers: what they say beside what was metered, those that were imported, and importing another one. */
import { useState } from 'react';
import { Button } from '@fluentui/react-components';
import { ArrowUpload20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { ProviderBill } from '../../../../shared/api-bills.ts';
import { money } from '../../../format.ts';
import { Page } from '../../../parts/Page.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useKept } from '../../../state/office.ts';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { useMay } from '../parts/useMay.ts';
import { Views } from '../parts/Views.tsx';
import { BillsView } from './BillsView.tsx';
import { DifferencesView } from './DifferencesView.tsx';
import { noFilter, type DifferenceFilter } from './difference-filter.ts';
import { ImportBill } from './ImportBill.tsx';

type View = 'differences' | 'bills';

export function BillsSection() {
  const { t } = useTranslation();
  const format = useFormat();
  const [view, setView] = useKept<View>('bills.view', 'differences');
  const [filter, setFilter] = useKept<DifferenceFilter>('bills.filter', noFilter);
  const [importing, setImporting] = useKept('bills.begun', false);
  const [booked, setBooked] = useState<ProviderBill | null>(null);
  const mayImport = useMay('beginBill');
  if (importing)
    return (
      <ImportBill
        onDone={(bill) => {
          setImporting(false);
          setBooked(bill);
          setFilter({ provider: bill.provider });
          setView('differences');
        }}
        onClose={() => setImporting(false)}
      />
    );
  return (
    <Page
      title={t('office.bills.title')}
      fill
      actions={
        mayImport && (
          <Button appearance="primary" icon={<ArrowUpload20Regular />} onClick={() => setImporting(true)}>
            {t('office.bills.import')}
          </Button>
        )
      }
    >
      {booked !== null && (
        <OutcomeBar
          outcome="done"
          done={[
            t('office.bills.imported', { file: booked.fileName, lines: format.count(booked.lines) }),
            ...(booked.unnamed === undefined
              ? []
              : [
                  t(`office.bills.unnamed.done.${booked.unnamed.are}`, {
                    lines: format.count(booked.unnamed.lines),
                    amount: money(booked.unnamed.amount),
                  }),
                ]),
          ].join(' ')}
          onDismiss={() => setBooked(null)}
        />
      )}
      <Views
        views={[
          { value: 'differences', name: t('office.bills.differences') },
          { value: 'bills', name: t('office.bills.bills') },
        ]}
        shown={view}
        onShow={setView}
      />
      {view === 'bills' ? <BillsView /> : <DifferencesView filter={filter} onFilter={setFilter} />}
    </Page>
  );
}
