/** A short table that is drawn whole; long ones are `VirtualTable`. Amounts stand at the right edge of their column. */
import type { ReactNode } from 'react';
import {
  makeStyles,
  mergeClasses,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from '@fluentui/react-components';

const useStyles = makeStyles({
  // Words may break where the window is narrow, a figure never does: then it scrolls sideways by itself.
  scroller: { overflowX: 'auto', minWidth: 0 },
  table: {
    tableLayout: 'auto',
    '& th, & td': { paddingLeft: '12px', paddingRight: '12px' },
    '& th:first-child, & td:first-child': { paddingLeft: 0 },
    '& th:last-child, & td:last-child': { paddingRight: 0 },
    '& .fui-TableHeaderCell__button': { paddingLeft: 0, paddingRight: 0 },
    '& tbody tr:last-child': { borderBottomStyle: 'none' },
  },
  head: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  end: { textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  endHead: { '& .fui-TableHeaderCell__button': { justifyContent: 'flex-end' } },
  quiet: { color: tokens.colorNeutralForeground3 },
  // Broken where there is no gap either, and never to a letter a line.
  breaks: { overflowWrap: 'anywhere', minWidth: '96px' },
  none: { color: tokens.colorNeutralForeground3, margin: 0 },
  wide: { '@media (max-width: 760px)': { display: 'none' } },
});

export interface PlainColumn<T> {
  readonly key: string;
  readonly header: string;
  readonly end?: boolean;
  /** Beside what matters: said more quietly. */
  readonly quiet?: boolean;
  /** Words that others made, such as a file's name: one without a gap does not widen the table. */
  readonly breaks?: boolean;
  /** Left out in a narrow window. */
  readonly wide?: boolean;
  readonly cell: (row: T) => ReactNode;
}

interface Props<T> {
  readonly label: string;
  readonly columns: readonly PlainColumn<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  /** Said instead of a table without rows; without it the head stands alone. */
  readonly none?: string;
  /** For many rows of figures, on a screen of them. */
  readonly dense?: boolean;
}

export function PlainTable<T>({ label, columns, rows, keyOf, none, dense = false }: Props<T>) {
  const styles = useStyles();
  if (rows.length === 0 && none !== undefined) return <p className={styles.none}>{none}</p>;
  return (
    <div className={styles.scroller} role="group" aria-label={label} tabIndex={0}>
      <Table size={dense ? 'extra-small' : 'small'} className={styles.table} aria-label={label}>
        <TableHeader>
          <TableRow>
            {columns.map(({ key, header, end, wide }) => (
              <TableHeaderCell
                key={key}
                className={mergeClasses(
                  styles.head,
                  end === true && styles.endHead,
                  wide === true && styles.wide,
                )}
              >
                {header}
              </TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={keyOf(row)}>
              {columns.map(({ key, end, quiet, breaks, wide, cell }) => (
                <TableCell
                  key={key}
                  dir={end === true ? undefined : 'auto'}
                  className={mergeClasses(
                    end === true && styles.end,
                    quiet === true && styles.quiet,
                    breaks === true && styles.breaks,
                    wide === true && styles.wide,
                  )}
                >
                  {cell(row)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
