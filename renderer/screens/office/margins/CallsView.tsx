/** An account's calls of AI models, newest first: what each brought, what it cost by the price of its time, and what is left. */
import { useState } from 'react';
import { PersonSearch20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { CostedUsage } from '../../../../shared/api-finance.ts';
import { unitPrice } from '../../../format.ts';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { EmptyState } from '../../../parts/EmptyState.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { AccountField, type ChosenAccount } from '../parts/AccountField.tsx';
import { FilterBar } from '../parts/FilterBar.tsx';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { useProductName } from '../parts/names.ts';
import { useProviders } from '../parts/useProviders.ts';

interface Props {
  readonly account: ChosenAccount | null;
  readonly onAccount: (account: ChosenAccount | null) => void;
}

const keyOf = ({ id }: CostedUsage): string => id;
/** A call costs parts of a cent: these are shown to the last place. */
const fine = (amount: string | undefined): string => (amount === undefined ? '–' : finely(amount));

function finely(amount: string): string {
  return amount.startsWith('-') ? `-${unitPrice(amount.slice(1))}` : unitPrice(amount);
}

export function CallsView({ account, onAccount }: Props) {
  const { t } = useTranslation();
  const pages = usePages('costedUsages', account === null ? null : { accountId: account.id }, keyOf);
  const [open, setOpen] = useState<CostedUsage | null>(null);
  const columns = useColumns();
  return (
    <>
      <FilterBar
        onClear={account === null ? undefined : () => onAccount(null)}
        onRefresh={() => account !== null && pages.refresh()}
      >
        <AccountField label={t('office.margins.account')} chosen={account} onChoose={onAccount} filter />
      </FilterBar>
      {account === null ? (
        <EmptyState
          icon={<PersonSearch20Regular />}
          title={t('office.margins.whose')}
          text={t('office.margins.whoseText')}
        />
      ) : (
        <OfficeTable
          label={t('office.margins.by.call')}
          pages={pages}
          columns={columns}
          keyOf={keyOf}
          openLabel={({ model, day }) => t('office.margins.openCall', { model, day })}
          onOpen={setOpen}
          none={{ title: t('office.margins.noCalls') }}
        />
      )}
      <DetailDrawer
        shown={open}
        title={({ model }) => t('office.margins.callOf', { model })}
        onClose={() => setOpen(null)}
      >
        {(call) => <Call call={call} />}
      </DetailDrawer>
    </>
  );
}

function Call({ call }: { readonly call: CostedUsage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const productName = useProductName();
  const { nameOf } = useProviders();
  const { price, provider } = call;
  return (
    <>
      <Facts
        end
        facts={[
          { name: t('office.margins.paid'), value: fine(call.paid) },
          { name: t('office.reports.cost'), value: fine(call.cost) },
          { name: t('office.reports.gross'), value: fine(call.margin), strong: true },
        ]}
      />
      <Facts
        facts={[
          { name: t('office.reports.product'), value: productName(call.product) },
          { name: t('office.reports.model'), value: call.model },
          { name: t('office.margins.startedAt'), value: format.dateTime(call.startedAt) },
          { name: t('office.margins.day'), value: format.dayFigures(call.day) },
          { name: t('office.margins.inputTokens'), value: format.count(call.inputTokens) },
          { name: t('office.margins.outputTokens'), value: format.count(call.outputTokens) },
          ...(price === undefined
            ? [{ name: t('office.margins.price'), value: t('office.margins.noPrice') }]
            : [
                { name: t('office.costs.provider'), value: nameOf(provider ?? '') },
                {
                  name: t('office.margins.price'),
                  value: t('office.margins.priceOf', {
                    input: unitPrice(price.inputPrice),
                    output: unitPrice(price.outputPrice),
                    per: format.count(price.per),
                  }),
                },
                { name: t('column.effective'), value: format.dateTime(price.effectiveAt) },
              ]),
          { name: t('office.margins.id'), value: <CopyText text={call.id} name={t('office.margins.id')} /> },
        ]}
      />
    </>
  );
}

function useColumns(): readonly Column<CostedUsage>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const productName = useProductName();
  return [
    {
      key: 'at',
      header: t('column.time'),
      width: '150px',
      cell: ({ startedAt }) => format.dateTime(startedAt),
    },
    {
      key: 'product',
      header: t('office.reports.product'),
      width: 'minmax(80px, 1fr)',
      fromTablePx: 850,
      cell: ({ product }) => productName(product),
    },
    {
      key: 'model',
      header: t('office.reports.model'),
      width: 'minmax(96px, 1fr)',
      cell: ({ model }) => model,
    },
    {
      key: 'tokens',
      header: t('office.margins.tokens'),
      width: '120px',
      end: true,
      fromTablePx: 760,
      cell: ({ inputTokens, outputTokens }) => `${format.count(inputTokens)} / ${format.count(outputTokens)}`,
    },
    ...(['paid', 'cost', 'margin'] as const).map((key) => ({
      key,
      header: t(
        key === 'paid'
          ? 'office.margins.paid'
          : key === 'cost'
            ? 'office.reports.cost'
            : 'office.reports.gross',
      ),
      width: '92px',
      end: true,
      amountOf: (call: CostedUsage) => call[key],
      cell: (call: CostedUsage) => fine(call[key]),
    })),
  ];
}
