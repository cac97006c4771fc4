/** Budgets of a month and what was found: unusual days and budgets that were reached, with what each was judged by. */
import { useState } from 'react';
import { Badge, Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Add16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Budget, Finding } from '../../../../shared/api-finance.ts';
import { dayOf } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { Page } from '../../../parts/Page.tsx';
import { ProblemMessage, RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { Section } from '../../../parts/Section.tsx';
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
import { useProviders } from '../parts/useProviders.ts';
import { BudgetDialog } from './BudgetDialog.tsx';
import { UsualDays } from './UsualDays.tsx';

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
  const [open, setOpen] = useState<Finding | null>(null);
  const columns = useColumns();
  const titleOf = useTitle();
  return (
    <Page title={t('office.watch.title')} fill>
      <Budgets />
      <OfficeList
        label={t('office.watch.findings')}
        pages={pages}
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
type Scope = Pick<Budget, 'scope' | 'name'>;

/** What a budget is for. */
function useScopeName(): (of: Scope) => string {
  const { t } = useTranslation();
  const productName = useProductName();
  const { nameOf } = useProviders();
  return ({ scope, name }) => {
    if (scope === 'all') return t('office.watch.everything');
    if (scope === 'product') return productName(name);
    return nameOf(name);
  };
}

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
      width: 'minmax(170px, 2fr)',
      cell: ({ what }) => titleOf(what),
    },
    {
      key: 'who',
      header: t('office.watch.who'),
      width: 'minmax(100px, 1fr)',
      cell: ({ what }) =>
        what.kind === 'unusual'
          ? (what.accountName ?? t('office.watch.everybody'))
          : format.month(what.month),
    },
    {
      key: 'day',
      header: t('office.watch.day'),
      width: '104px',
      cell: ({ what }) => (what.kind === 'unusual' ? format.dayFigures(what.day) : ''),
    },
    {
      key: 'amount',
      header: t('office.watch.amount'),
      width: '116px',
      end: true,
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
          { name: t('office.watch.asset'), value: assetName(what.asset) },
          { name: t('office.watch.amount'), value: amount(what.amount), strong: true },
          { name: t('office.watch.median'), value: amount(what.median) },
          { name: t('office.watch.spread'), value: amount(what.spread) },
          { name: t('office.watch.limit'), value: amount(what.limit) },
        ]}
      />
      <UsualDays what={what} />
    </>
  );
}

const useStyles = makeStyles({
  budgets: { flexShrink: 0 },
  over: { color: tokens.colorStatusDangerForeground1 },
});

function Budgets() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const month = dayOf(useNow(), useTimeZone()).slice(0, 7);
  const title = t('office.watch.budgetsOf', { month: format.month(month) });
  const { body, problem, readAgain } = useAnswer('budgets', { query: { month } });
  const may = useMay('setBudget');
  const [asking, setAsking] = useState(false);
  const columns = useBudgetColumns();
  return (
    <Section
      className={styles.budgets}
      title={title}
      aside={
        may && (
          <Button appearance="subtle" size="small" icon={<Add16Regular />} onClick={() => setAsking(true)}>
            {t('office.watch.setBudget')}
          </Button>
        )
      }
    >
      {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
      <PlainTable
        dense
        label={title}
        rows={body?.items ?? []}
        keyOf={({ id }) => id}
        none={t(body === null ? 'common.loading' : 'office.watch.noBudgets')}
        columns={columns}
      />
      {asking && (
        <BudgetDialog
          month={month}
          onDone={() => {
            setAsking(false);
            readAgain();
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  );
}

function useBudgetColumns(): readonly PlainColumn<Budget>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const scopeName = useScopeName();
  return [
    { key: 'scope', header: t('office.watch.scope'), cell: (budget) => scopeName(budget) },
    {
      key: 'amount',
      header: t('office.watch.budget'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
    {
      key: 'spent',
      header: t('office.watch.spent'),
      end: true,
      cell: ({ spent }) => <Amount value={spent} />,
    },
    {
      key: 'percent',
      header: t('office.watch.share'),
      end: true,
      cell: ({ percent }) => (
        <span className={percent >= 100 ? styles.over : undefined}>{format.percent(percent / 100)}</span>
      ),
    },
  ];
}
