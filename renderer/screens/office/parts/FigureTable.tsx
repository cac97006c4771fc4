/** A short table of figures that is drawn whole: text at the left, amounts at the right in tabular digits. */
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
  // Wider than a narrow window: the table scrolls and the page does not.
  scrolls: { overflowX: 'auto', minWidth: 0 },
  end: { textAlign: 'right', '& > *': { justifyContent: 'flex-end' } },
  figure: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  none: { color: tokens.colorNeutralForeground3, margin: 0 },
});

export interface Figure<T> {
  readonly key: string;
  readonly header: string;
  readonly end?: boolean;
  readonly cell: (row: T) => ReactNode;
}

interface Props<T> {
  readonly label: string;
  readonly columns: readonly Figure<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly none: string;
}

export function FigureTable<T>({ label, columns, rows, keyOf, none }: Props<T>) {
  const styles = useStyles();
  if (rows.length === 0) return <p className={styles.none}>{none}</p>;
  return (
    <div className={styles.scrolls} role="group" aria-label={label} tabIndex={0}>
      <Table size="extra-small" aria-label={label} style={{ minWidth: `${columns.length * 92}px` }}>
        <TableHeader>
          <TableRow>
            {columns.map(({ key, header, end }) => (
              <TableHeaderCell key={key} className={end === true ? styles.end : undefined}>
                {header}
              </TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={keyOf(row)}>
              {columns.map(({ key, end, cell }) => (
                <TableCell key={key} className={mergeClasses(styles.figure, end === true && styles.end)}>
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
