/** What moved points, newest first: when, by what, for which service and how long, and what was left afterwards. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { Receipt24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Transaction } from '../../../shared/api.ts';
import { signOf } from '../../format.ts';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import type { Column } from '../../parts/VirtualTable.tsx';
import { operationName, platformName, sourceName } from '../../parts/words.ts';
import { usePages } from '../../state/pages.ts';
import { PagesTable } from './PagesTable.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
  units: { fontVariantNumeric: 'tabular-nums' },
  gain: { color: tokens.colorStatusSuccessForeground1 },
});

const everything = {};
const idOf = ({ id }: Transaction): string => id;

export function PointMovements() {
  const { t } = useTranslation();
  const pages = usePages('pointTransactions', everything, idOf, 'ledger');
  const columns = useMovementColumns();
  return (
    <Section title={t('points.movements')}>
      <PagesTable
        label={t('points.movements')}
        pages={pages}
        columns={columns}
        keyOf={idOf}
        empty={
          <EmptyState
            icon={<Receipt24Regular />}
            title={t('points.noMovement')}
            text={t('points.noMovementText')}
          />
        }
      />
    </Section>
  );
}

function useMovementColumns(): readonly Column<Transaction>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const service = (row: Transaction): string =>
    row.platform === undefined
      ? row.source === undefined
        ? '—'
        : sourceName(t, row.source)
      : t('pricing.what', {
          platform: platformName(t, row.platform),
          operation: operationName(t, row.operation ?? ''),
        });
  return [
    { key: 'time', header: t('column.time'), width: '152px', cell: (row) => format.dateTime(row.occurredAt) },
    { key: 'kind', header: t('column.kind'), width: '72px', cell: (row) => t(`kind.${row.kind}`) },
    {
      key: 'service',
      header: t('points.service'),
      width: 'minmax(120px, 1fr)',
      cell: (row) => <span title={service(row)}>{service(row)}</span>,
    },
    {
      key: 'duration',
      header: t('points.duration'),
      width: '96px',
      end: true,
      fromTablePx: 620,
      cell: (row) =>
        row.durationMs === undefined ? (
          <span className={styles.quiet}>—</span>
        ) : (
          format.lasted(row.durationMs)
        ),
    },
    {
      key: 'note',
      header: t('detail.note'),
      width: 'minmax(80px, 0.8fr)',
      fromTablePx: 860,
      cell: (row) => (
        <span className={styles.quiet} title={row.note}>
          {row.note ?? '—'}
        </span>
      ),
    },
    {
      key: 'amount',
      header: t('points.change'),
      width: '88px',
      end: true,
      cell: (row) => (
        <span className={mergeClasses(styles.units, signOf(row.amount) > 0 && styles.gain)}>
          {format.units(row.amount, 'always')}
        </span>
      ),
    },
    {
      key: 'after',
      header: t('points.after'),
      width: '88px',
      end: true,
      cell: (row) => <span className={styles.units}>{format.units(row.balanceAfter)}</span>,
    },
  ];
}
