/** The bills that were imported, newest first: of whom, of which days, what they come to and what was booked till then. */
import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ProviderBill } from '../../../../shared/api-bills.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { useProviders } from '../parts/useProviders.ts';
import { Gap } from '../parts/Gap.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
});

const keyOf = ({ id }: ProviderBill): string => id;
const everything = {};

export function BillsView() {
  const { t } = useTranslation();
  const pages = usePages('providerBills', everything, keyOf);
  const columns = useColumns();
  return (
    <OfficeTable
      label={t('office.bills.bills')}
      pages={pages}
      columns={columns}
      keyOf={keyOf}
      none={{ title: t('office.bills.noBills'), text: t('office.bills.noBillsText') }}
    />
  );
}

function useColumns(): readonly Column<ProviderBill>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { nameOf } = useProviders();
  return [
    {
      key: 'file',
      header: t('office.bills.file'),
      width: 'minmax(120px, 1.4fr)',
      cell: ({ fileName }) => <span title={fileName}>{fileName}</span>,
    },
    {
      key: 'provider',
      header: t('office.bills.provider'),
      width: 'minmax(64px, 0.8fr)',
      cell: ({ provider }) => nameOf(provider),
    },
    {
      key: 'days',
      header: t('office.bills.days'),
      width: '184px',
      fromTablePx: 1060,
      cell: ({ from, to }) =>
        from === undefined || to === undefined
          ? '–'
          : `${format.dayFigures(from)} – ${format.dayFigures(to)}`,
    },
    {
      key: 'lines',
      header: t('office.bills.lines'),
      width: '56px',
      end: true,
      fromTablePx: 640,
      cell: ({ lines }) => format.count(lines),
    },
    {
      key: 'leftOut',
      header: t('office.bills.leftOut'),
      width: '72px',
      end: true,
      fromTablePx: 1140,
      cell: ({ leftOut }) => format.count(leftOut),
    },
    {
      key: 'total',
      header: t('office.bills.total'),
      width: '104px',
      end: true,
      amountOf: ({ total }) => total,
      cell: ({ total }) => <Amount value={total} />,
    },
    {
      key: 'difference',
      header: t('office.bills.gap'),
      width: '96px',
      end: true,
      amountOf: ({ difference }) => difference,
      cell: ({ difference }) => (difference === undefined ? '–' : <Gap value={difference} />),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '80px',
      cell: ({ state }) => (
        <Badge appearance="tint" color={state === 'booked' ? 'success' : 'warning'}>
          {t(`office.bills.billState.${state}`)}
        </Badge>
      ),
    },
    {
      key: 'at',
      header: t('office.bills.importedAt'),
      width: '92px',
      fromTablePx: 850,
      cell: ({ bookedAt, createdAt }) => (
        <span className={styles.quiet}>{format.date(bookedAt ?? createdAt)}</span>
      ),
    },
  ];
}
