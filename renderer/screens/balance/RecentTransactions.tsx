/** The last ten transactions, kept fresh. All of them are in the history. */
import {
  Button,
  Link,
  makeStyles,
  mergeClasses,
  SkeletonItem,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from '@fluentui/react-components';
import { Receipt24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Transaction } from '../../../shared/api.ts';
import { Amount } from '../../parts/Amount.tsx';
import { amountWidthCh } from '../../parts/amount-width.ts';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import { goTo, openExport } from '../../state/navigation.ts';
import { useReading } from '../../state/reading.ts';

const rowsShown = 10;
const newest = { filter: {}, beforeSeq: null, limit: rowsShown };

const useStyles = makeStyles({
  table: {
    tableLayout: 'fixed',
    minWidth: 0,
    '& th:first-child, & td:first-child': { paddingLeft: 0 },
    '& th:last-child, & td:last-child': { paddingRight: 0 },
    '& .fui-TableHeaderCell__button': { paddingLeft: 0, paddingRight: 0 },
  },
  body: { minHeight: `${rowsShown * 33}px`, display: 'flex', flexDirection: 'column' },
  cell: {
    fontVariantNumeric: 'tabular-nums',
    height: '32px',
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    '@container (max-width: 860px)': { fontSize: tokens.fontSizeBase200 },
  },
  head: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, height: '28px' },
  end: { textAlign: 'right' },
  endHead: { '& .fui-TableHeaderCell__button': { justifyContent: 'flex-end' } },
  time: { width: '23%' },
  few: { width: '11%', '@container (max-width: 860px)': { display: 'none' } },
  kind: { width: '12%' },
  /** Where amounts are too long for equal columns, the others give way: a figure is never cut. */
  long: { tableLayout: 'auto' },
  spare: { '@container (max-width: 860px)': { display: 'none' } },
});

export function RecentTransactions() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { output, problem, readAgain } = useReading('history.page', newest, 'ledger');
  const rows = output?.items ?? null;
  return (
    <Section
      title={t('recent.title')}
      aside={
        <>
          <Button size="small" appearance="subtle" onClick={() => openExport({}, 'xlsx')}>
            {t('export.excel')}
          </Button>
          <Link as="button" onClick={() => goTo('history')}>
            {t('common.seeAll')}
          </Link>
        </>
      }
    >
      {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
      <div className={styles.body}>
        {rows === null && problem === null && <Waiting />}
        {rows?.length === 0 && (
          <EmptyState icon={<Receipt24Regular />} title={t('recent.none')} text={t('recent.noneText')} />
        )}
        {rows !== null && rows.length > 0 && <RecentTable rows={rows} />}
      </div>
    </Section>
  );
}

/** How many digits two columns hold beside each other in the narrowest card. */
const equalColumnsCh = 20;

function RecentTable({ rows }: { readonly rows: readonly Transaction[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const end = mergeClasses(styles.cell, styles.end);
  const widest = Math.max(...rows.map((row) => amountWidthCh(row.amount) + amountWidthCh(row.balanceAfter)));
  const long = widest > equalColumnsCh;
  const spare = long && styles.spare;
  const endHead = mergeClasses(styles.head, styles.endHead);
  return (
    <Table
      size="small"
      className={mergeClasses(styles.table, long && styles.long)}
      aria-label={t('recent.title')}
    >
      <TableHeader>
        <TableRow>
          <TableHeaderCell className={mergeClasses(styles.head, styles.time)}>
            {t('column.time')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(styles.head, styles.kind)}>
            {t('column.kind')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(styles.head, spare)}>
            {t('column.platform')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(endHead, styles.few)}>
            {t('column.quantity')}
          </TableHeaderCell>
          <TableHeaderCell className={endHead}>{t('column.amount')}</TableHeaderCell>
          <TableHeaderCell className={mergeClasses(endHead, spare)}>{t('column.balance')}</TableHeaderCell>
        </TableRow>
      </TableHeader>
      <TableBody>
        {rows.map((row) => (
          <TableRow key={row.seq}>
            <TableCell className={styles.cell}>
              <span title={format.dateTime(row.occurredAt)}>{format.dayTime(row.occurredAt)}</span>
            </TableCell>
            <TableCell className={styles.cell}>{t(`kind.${row.kind}`)}</TableCell>
            <TableCell className={mergeClasses(styles.cell, spare)}>
              {row.platform === undefined ? '—' : platformName(t, row.platform)}
            </TableCell>
            <TableCell className={mergeClasses(end, styles.few)}>
              {row.quantity === undefined ? '—' : format.count(row.quantity)}
            </TableCell>
            <TableCell className={end}>
              <Amount value={row.amount} signed />
            </TableCell>
            <TableCell className={mergeClasses(end, spare)}>
              <Amount value={row.balanceAfter} />
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <Skeleton aria-label={t('common.loading')} style={{ display: 'grid', gap: '17px', paddingTop: '8px' }}>
      {Array.from({ length: rowsShown }, (_, index) => (
        <SkeletonItem key={index} size={16} />
      ))}
    </Skeleton>
  );
}
