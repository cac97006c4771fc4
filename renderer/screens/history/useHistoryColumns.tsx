/** The history's columns. */
import { makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Transaction } from '../../../shared/api.ts';
import { Amount } from '../../parts/Amount.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import type { Column } from '../../parts/VirtualTable.tsx';
import { useDesk } from '../../state/mirror.ts';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
  target: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
});

export function useHistoryColumns(): readonly Column<Transaction>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const styles = useStyles();
  const campaigns = useDesk((desk) => desk.campaigns);
  const campaignName = (id: string): string => campaigns.find((one) => one.id === id)?.name ?? id;
  return [
    {
      key: 'seq',
      fromTablePx: 760,
      header: t('column.number'),
      width: '60px',
      cell: (row) => <span className={styles.quiet}>{row.seq}</span>,
    },
    { key: 'time', header: t('column.time'), width: '150px', cell: (row) => format.dateTime(row.occurredAt) },
    { key: 'kind', header: t('column.kind'), width: '82px', cell: (row) => t(`kind.${row.kind}`) },
    {
      key: 'platform',
      fromTablePx: 600,
      header: t('column.platform'),
      width: '92px',
      cell: (row) => (row.platform === undefined ? '—' : platformName(t, row.platform)),
    },
    {
      key: 'what',
      header: t('column.what'),
      width: 'minmax(72px, 1fr)',
      cell: (row) =>
        row.targetUserId === undefined ? (
          <span title={row.note}>{row.note ?? '—'}</span>
        ) : (
          <span className={styles.target} title={row.targetUserId}>
            {row.targetUserId}
          </span>
        ),
    },
    {
      key: 'campaign',
      fromTablePx: 900,
      header: t('column.campaign'),
      width: 'minmax(72px, 0.9fr)',
      cell: (row) => (
        <span
          className={styles.quiet}
          title={row.campaignId === undefined ? undefined : campaignName(row.campaignId)}
        >
          {row.campaignId === undefined ? '—' : campaignName(row.campaignId)}
        </span>
      ),
    },
    {
      key: 'quantity',
      fromTablePx: 820,
      header: t('column.quantity'),
      width: '56px',
      end: true,
      cell: (row) => (row.quantity === undefined ? '—' : format.count(row.quantity)),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      width: '92px',
      end: true,
      amountOf: (row) => row.amount,
      cell: (row) => <Amount value={row.amount} signed />,
    },
    {
      key: 'balance',
      fromTablePx: 580,
      header: t('column.balance'),
      width: '96px',
      end: true,
      amountOf: (row) => row.balanceAfter,
      cell: (row) => <Amount value={row.balanceAfter} />,
    },
  ];
}
