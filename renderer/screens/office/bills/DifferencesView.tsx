/** Where a provider bills otherwise than was worked out: by provider, days, class and state, each opening into both sides. */
import { useState } from 'react';
import { Badge, Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import {
  CostDifferenceClass,
  CostDifferenceState,
  costDifferencesTogetherMax,
  type CostDifference,
} from '../../../../shared/api-bills.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { ChoiceFilter, DaysFilter, FilterBar } from '../parts/FilterBar.tsx';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { useMay } from '../parts/useMay.ts';
import { narrowingOf } from '../parts/useNarrowing.ts';
import { useOpenRow } from '../parts/useOpenRow.ts';
import { useProviders } from '../parts/useProviders.ts';
import { DecideDialog, type Decision } from './DecideDialog.tsx';
import { DifferenceDrawer } from './DifferenceDrawer.tsx';
import { noFilter, queryOf, type DifferenceFilter } from './difference-filter.ts';
import { Gap } from '../parts/Gap.tsx';

interface Props {
  readonly filter: DifferenceFilter;
  readonly onFilter: (filter: DifferenceFilter) => void;
}

const keyOf = ({ provider, day, item }: CostDifference): string => `${day} ${provider} ${item}`;
const colours = { open: 'warning', proposed: 'brand', settled: 'success', disputed: 'informative' } as const;

export function DifferencesView({ filter, onFilter }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { ids, nameOf } = useProviders();
  const pages = usePages('costDifferences', queryOf(filter), keyOf);
  const [open, setOpen] = useOpenRow(pages.rows, keyOf);
  const [together, setTogether] = useState<readonly CostDifference[] | null>(null);
  const [outcome, setOutcome] = useState<Decision | null>(null);
  const mayAccept = useMay('acceptCosts');
  const columns = useColumns(nameOf);
  const decided = (how: Decision): void => {
    setTogether(null);
    // What was decided on is looked at no more, and the focus goes back to the list.
    setOpen(null);
    setOutcome(how);
    pages.refresh();
  };
  const { change, onClear } = narrowingOf(filter, onFilter, noFilter);
  // Of a whole provider nothing is not a filter that hides something, but that its bills agree.
  const isWhole = Object.keys(filter).every((part) => part === 'provider');
  const undecided = pages.rows.filter(({ state }) => state === 'open').slice(0, costDifferencesTogetherMax);
  return (
    <>
      <FilterBar onClear={onClear} onRefresh={pages.refresh}>
        <ChoiceFilter
          label={t('office.bills.provider')}
          all={t('office.bills.anyProvider')}
          options={ids}
          nameOf={nameOf}
          chosen={filter.provider}
          onChoose={(provider) => change({ provider })}
        />
        <DaysFilter
          fromDay={filter.fromDay}
          toDay={filter.toDay}
          onDays={(days) => change({ fromDay: days.fromDay, toDay: days.toDay })}
        />
        <ChoiceFilter
          label={t('office.bills.class.label')}
          all={t('office.bills.class.any')}
          options={CostDifferenceClass.options}
          nameOf={(one) => t(`office.bills.class.${one}`)}
          chosen={filter.class}
          onChoose={(one) => change({ class: one })}
        />
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.bills.state.any')}
          options={CostDifferenceState.options}
          nameOf={(state) => t(`office.bills.state.${state}`)}
          chosen={filter.state}
          onChoose={(state) => change({ state })}
        />
        {/* One request is about one provider's bill. */}
        {mayAccept && filter.provider !== undefined && undecided.length > 1 && (
          <Button onClick={() => setTogether(undecided)}>
            {t('office.bills.acceptAll', { rows: format.count(undecided.length) })}
          </Button>
        )}
      </FilterBar>
      {outcome !== null && (
        <OutcomeBar
          outcome={outcome === 'accept' ? 'waits' : 'done'}
          done={t('office.bills.disputed')}
          onDismiss={() => setOutcome(null)}
        />
      )}
      <OfficeTable
        label={t('office.bills.differences')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ day, item }) => t('office.bills.open', { day, item })}
        onOpen={setOpen}
        none={{ title: t('office.bills.none'), text: t('office.bills.noneText') }}
        onClear={isWhole ? undefined : onClear}
      />
      <DifferenceDrawer difference={open} onDecided={decided} onClose={() => setOpen(null)} />
      {together !== null && (
        <DecideDialog of={together} how="accept" onDone={decided} onClose={() => setTogether(null)} />
      )}
    </>
  );
}

function useColumns(nameOf: (provider: string) => string): readonly Column<CostDifference>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: 'day',
      header: t('office.bills.day'),
      width: '80px',
      cell: ({ day }) => format.dayFigures(day),
    },
    {
      key: 'provider',
      header: t('office.bills.provider'),
      width: 'minmax(76px, 1fr)',
      fromTablePx: 860,
      cell: ({ provider }) => nameOf(provider),
    },
    {
      key: 'item',
      header: t('office.bills.item'),
      width: 'minmax(92px, 1.3fr)',
      cell: ({ item }) => item || '–',
    },
    {
      key: 'class',
      header: t('office.bills.class.label'),
      width: '100px',
      cell: (row) => t(`office.bills.class.${row.class}`),
    },
    {
      key: 'theirs',
      header: t('office.bills.theirs'),
      width: '84px',
      end: true,
      fromTablePx: 790,
      amountOf: ({ theirs }) => theirs.amount,
      cell: ({ theirs }) => <Amount value={theirs.amount} />,
    },
    {
      key: 'ours',
      header: t('office.bills.ours'),
      width: '84px',
      end: true,
      fromTablePx: 790,
      amountOf: ({ ours }) => ours.amount,
      cell: ({ ours }) => <Amount value={ours.amount} />,
    },
    {
      key: 'gap',
      header: t('office.bills.gap'),
      width: '84px',
      end: true,
      amountOf: ({ gap }) => gap,
      cell: ({ gap }) => <Gap value={gap} />,
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '72px',
      cell: ({ state }) => (
        <Badge appearance="tint" color={colours[state]}>
          {t(`office.bills.state.${state}`)}
        </Badge>
      ),
    },
  ];
}
