/** Budgets of a month and what was found: unusual days and budgets that were reached, with what each was judged by. */
import { useState } from 'react';
import { Badge, Button, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Finding } from '../../../../shared/api-finance.ts';
import { cny } from '../../../../shared/assets.ts';
import { dayOf } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { Page } from '../../../parts/Page.tsx';
import { ProblemMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat, useNow, useTimeZone } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { useAnswer } from '../../../state/ask.ts';
import { usePages } from '../../../state/pages.ts';
import { AssetAmount, useAssetName } from '../parts/AssetAmount.tsx';
import { ChoiceFilter } from '../parts/FilterBar.tsx';
import { useProductName } from '../parts/names.ts';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { Budgets } from './Budgets.tsx';
import { UsualDays } from './UsualDays.tsx';
import { useScopeName } from './useScopeName.ts';

interface Filter {
  readonly unseen?: 'true';
}

const nothing: Filter = {};
const keyOf = ({ id }: Finding): string => id;
const unseen = ['true'] as const;

export function WatchSection() {
  const { t } = useTranslation();
  const { filter, change, onClear } = useNarrowing<Filter>('watch.filter', nothing);
  const pages = usePages('findings', filter, keyOf);
  const month = dayOf(useNow(), useTimeZone()).slice(0, 7);
  const budgets = useAnswer('budgets', { query: { month } });
  const refresh = (): void => {
    pages.refresh();
    budgets.readAgain();
  };
  const [open, setOpen] = useState<Finding | null>(null);
  const columns = useColumns();
  const titleOf = useTitle();
  return (
    <Page title={t('office.watch.title')} fill>
      <Budgets month={month} answer={budgets} />
      <OfficeList
        label={t('office.watch.findings')}
        pages={{ ...pages, refresh }}
        columns={columns}
        keyOf={keyOf}
        openLabel={(finding) => t('office.watch.open', { what: titleOf(finding.what) })}
        onOpen={setOpen}
        none={{ title: t('office.watch.none'), text: t('office.watch.noneText') }}
        onClear={onClear}
      >
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.watch.all')}
          options={unseen}
          nameOf={() => t('office.watch.unseen')}
          chosen={filter.unseen}
          onChoose={(chosen) => change({ unseen: chosen })}
        />
      </OfficeList>
      <FindingDrawer
        finding={open}
        onSeen={() => {
          setOpen(null);
          pages.refresh();
        }}
        onClose={() => setOpen(null)}
      />
    </Page>
  );
}

type What = Finding['what'];

function useTitle(): (what: What) => string {
  const { t } = useTranslation();
  const scopeName = useScopeName();
  const productName = useProductName();
  return (what) => {
    if (what.kind === 'budget')
      return t('office.watch.reached', { percent: String(what.percent), name: scopeName(what) });
    const product = productName(what.product);
    return t(what.direction === 'high' ? 'office.watch.high' : 'office.watch.low', { product });
  };
}

function useColumns(): readonly Column<Finding>[] {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const format = useFormat();
  return [
    {
      key: 'what',
      header: t('office.watch.what'),
      width: 'minmax(136px, 1.6fr)',
      cell: ({ what }) => titleOf(what),
    },
    {
      key: 'who',
      header: t('office.watch.who'),
      width: 'minmax(88px, 1fr)',
      cell: ({ what }) => (what.kind === 'unusual' ? (what.accountName ?? t('office.watch.everybody')) : '–'),
    },
    {
      key: 'day',
      header: t('office.watch.when'),
      width: '112px',
      cell: ({ what }) => (what.kind === 'unusual' ? format.dayFigures(what.day) : format.month(what.month)),
    },
    {
      key: 'amount',
      header: t('office.watch.amount'),
      width: '108px',
      end: true,
      amountOf: ({ what }) => (what.kind === 'unusual' ? what.amount : what.spent),
      cell: ({ what }) =>
        what.kind === 'unusual' ? (
          <AssetAmount asset={what.asset} amount={what.amount} />
        ) : (
          <Amount value={what.spent} />
        ),
    },
    {
      key: 'found',
      header: t('office.watch.foundAt'),
      width: '110px',
      fromTablePx: 820,
      cell: ({ foundAt }) => format.dayTime(foundAt),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '88px',
      cell: ({ seenAt }) => (
        <Badge appearance="tint" color={seenAt === undefined ? 'warning' : 'informative'}>
          {t(seenAt === undefined ? 'office.watch.unseen' : 'office.watch.seen')}
        </Badge>
      ),
    },
  ];
}

interface DrawerProps {
  readonly finding: Finding | null;
  readonly onSeen: () => void;
  readonly onClose: () => void;
}

function FindingDrawer({ finding, onSeen, onClose }: DrawerProps) {
  const { t } = useTranslation();
  const titleOf = useTitle();
  const may = useMay('seeFinding');
  const act = useAct('seeFinding');
  const see = async (id: string): Promise<void> => {
    if ((await act.run({ params: { id } })) !== null) onSeen();
  };
  return (
    <DetailDrawer
      wide
      shown={finding}
      title={({ what }) => titleOf(what)}
      actions={
        finding !== null &&
        finding.seenAt === undefined &&
        may && (
          <Button appearance="primary" disabledFocusable={act.busy} onClick={() => void see(finding.id)}>
            {t('office.watch.see')}
          </Button>
        )
      }
      onClose={onClose}
    >
      {({ what }) => (
        <>
          {act.problem !== null && <ProblemMessage problem={act.problem} />}
          <Evidence what={what} />
        </>
      )}
    </DetailDrawer>
  );
}

function Evidence({ what }: { readonly what: What }) {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  const scopeName = useScopeName();
  if (what.kind === 'budget')
    return (
      <Facts
        end
        facts={[
          { name: t('office.watch.month'), value: format.month(what.month) },
          { name: t('office.watch.scope'), value: scopeName(what) },
          { name: t('office.watch.budget'), value: <Amount value={what.amount} /> },
          { name: t('office.watch.spent'), value: <Amount value={what.spent} />, strong: true },
        ]}
      />
    );
  const amount = (value: string) => <AssetAmount asset={what.asset} amount={value} />;
  return (
    <>
      <Text>
        {t(what.direction === 'high' ? 'office.watch.highMeans' : 'office.watch.lowMeans', {
          days: String(what.history.length),
        })}
      </Text>
      <Facts
        end
        facts={[
          { name: t('office.watch.who'), value: what.accountName ?? t('office.watch.everybody') },
          { name: t('office.watch.day'), value: format.dayLong(what.day) },
          ...(what.asset === cny ? [] : [{ name: t('office.watch.asset'), value: assetName(what.asset) }]),
          { name: t('office.watch.onDay'), value: amount(what.amount), strong: true },
          { name: t('office.watch.median'), value: amount(what.median) },
          { name: t('office.watch.spread'), value: amount(what.spread) },
          {
            name: t(what.direction === 'high' ? 'office.watch.upperLimit' : 'office.watch.lowerLimit'),
            value: amount(what.limit),
          },
        ]}
      />
      <UsualDays what={what} />
    </>
  );
}
