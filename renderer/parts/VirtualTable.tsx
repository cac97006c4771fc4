/**
 * A table of any length of which only the visible rows are drawn. Rows are one line of one height; a row that opens
 * something has a button over its whole width. It reads nothing: it says when more rows are wanted.
 */
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import {
  makeStyles,
  mergeClasses,
  SkeletonItem,
  Skeleton,
  tokens,
  useRestoreFocusTarget,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { createWidest, type widestAmountCh } from './amount-width.ts';
import { fittingColumns } from './fitting-columns.ts';
import { unseen } from './unseen.ts';
import { useRowWindow, useWidth } from './useRowWindow.ts';

const rowHeight = 36;
/** How many rows before the end of what is read the next page is asked for. */
const readAheadRows = 60;

const useStyles = makeStyles({
  table: {
    flex: '1 1 0',
    minHeight: 0,
    overflow: 'auto',
    position: 'relative',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    display: 'flex',
    flexDirection: 'column',
  },
  rows: { position: 'relative', flexShrink: 0, minWidth: 'fit-content' },
  line: {
    display: 'grid',
    alignItems: 'center',
    columnGap: '16px',
    padding: '0 16px',
    boxSizing: 'border-box',
    height: `${rowHeight}px`,
    minWidth: 'fit-content',
    width: '100%',
  },
  header: {
    position: 'sticky',
    top: 0,
    zIndex: 3,
    flexShrink: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground3,
  },
  // The letters are smaller, the line's own are not: a column as wide as so many digits is as wide as in the rows below.
  name: { fontSize: tokens.fontSizeBase200 },
  row: {
    position: 'absolute',
    left: 0,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    fontVariantNumeric: 'tabular-nums',
  },
  opens: {
    ':hover': {
      backgroundColor: tokens.colorNeutralBackground3,
      // In high contrast the background stays; there a line shows what is pointed at.
      boxShadow: `inset 0 0 0 1px ${tokens.colorTransparentStrokeInteractive}`,
    },
  },
  cell: { minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  end: { textAlign: 'right' },
  // Cells with controls of their own lie above the row's button.
  above: { position: 'relative', zIndex: 2, overflow: 'visible' },
  open: {
    position: 'absolute',
    inset: 0,
    // Over whatever a cell shows, such as a badge, which would else take the click.
    zIndex: 1,
    border: 'none',
    background: 'none',
    cursor: 'pointer',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  firstReading: { display: 'flex', flexDirection: 'column' },
  none: { display: 'flex', flexDirection: 'column', flexGrow: 1 },
  unseen,
});

export interface Column<T> {
  readonly key: string;
  readonly header: string;
  /** A CSS grid track, such as `120px` or `minmax(0, 1fr)`. */
  readonly width: string;
  readonly end?: boolean;
  /** Left out while the table is narrower than this, and of the first where amounts are too long for all. */
  readonly fromTablePx?: number;
  /**
   * The amount that the cell shows, as the wire has it: the column is as wide as the longest that was read, for one that is
   * cut off reads as a smaller one.
   */
  readonly amountOf?: (row: T) => string | undefined;
  /** The cell has controls of its own. */
  readonly controls?: boolean;
  readonly cell: (row: T) => ReactNode;
}

interface Props<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
  readonly loading: boolean;
  readonly ended: boolean;
  readonly total?: number | null;
  readonly onMore?: () => void;
  /** The accessible name of the button that opens a row. */
  readonly openLabel?: (row: T) => string;
  readonly onOpen?: (row: T) => void;
  readonly onVisible?: (first: number, last: number) => void;
  readonly scrollRef?: React.RefObject<HTMLDivElement | null>;
  /** Shown in place of rows when there are none. */
  readonly empty: ReactNode;
}

export function VirtualTable<T>(props: Props<T>) {
  const { label, rows, keyOf, loading, ended, total = null, onMore, onVisible } = props;
  const { t } = useTranslation();
  const styles = useStyles();
  const ownRef = useRef<HTMLDivElement>(null);
  const scroller = props.scrollRef ?? ownRef;
  const waiting = ended ? 0 : 3;
  const tableWidthPx = useWidth(scroller);
  const drawn = useRowWindow(scroller, rows.length === 0 ? 0 : rows.length + waiting, rowHeight);
  const { first, end } = drawn;

  useEffect(() => {
    if (rows.length > 0 && !ended && !loading && end >= rows.length - readAheadRows) onMore?.();
  }, [end, rows.length, ended, loading, onMore]);
  useEffect(() => onVisible?.(first, end - 1), [first, end, onVisible]);

  const widest = useWidest(props.columns, rows);
  const widestCh = ({ key }: Column<T>): number => widest.get(key) ?? 0;
  const columns = fittingColumns(props.columns, widestCh, tableWidthPx);
  const template = {
    gridTemplateColumns: columns.map((column) => trackOf(column, widestCh(column))).join(' '),
  };
  const isFirstReading = rows.length === 0 && !ended && loading;
  return (
    <>
      {/* Beside the table, which may hold nothing but rows. */}
      {isFirstReading && <div role="status" aria-label={t('common.loading')} className={styles.unseen} />}
      <div
        ref={scroller}
        role="table"
        aria-label={label}
        aria-rowcount={total === null ? (ended ? rows.length + 1 : -1) : total + 1}
        aria-busy={isFirstReading}
        className={styles.table}
        tabIndex={rows.length === 0 ? undefined : 0}
      >
        <div role="rowgroup" className={styles.header}>
          <div role="row" aria-rowindex={1} className={styles.line} style={template}>
            {columns.map((column) => (
              <div
                key={column.key}
                role="columnheader"
                className={mergeClasses(styles.cell, styles.name, column.end === true && styles.end)}
              >
                {column.header}
              </div>
            ))}
          </div>
        </div>
        {rows.length === 0 && !loading && ended && (
          // In a cell of its own: a table may hold a button nowhere else.
          <div role="rowgroup" className={styles.none}>
            <div role="row" className={styles.none}>
              <div role="cell" aria-colspan={columns.length} className={styles.none}>
                {props.empty}
              </div>
            </div>
          </div>
        )}
        {isFirstReading && <WaitingRows />}
        <div
          role="rowgroup"
          className={styles.rows}
          style={{ height: `${(rows.length === 0 ? 0 : rows.length + waiting) * rowHeight}px` }}
        >
          {Array.from({ length: end - first }, (_, offset) => {
            const index = first + offset;
            const row = rows[index];
            const place = { ...template, transform: `translateY(${index * rowHeight}px)` };
            if (row === undefined)
              return (
                <div
                  key={`waiting-${index}`}
                  aria-hidden
                  className={mergeClasses(styles.line, styles.row)}
                  style={place}
                >
                  <WaitingLine />
                </div>
              );
            return (
              <Row key={keyOf(row)} row={row} index={index} place={place} columns={columns} table={props} />
            );
          })}
        </div>
      </div>
    </>
  );
}

/** The widest amount in each column that has amounts, in digits, by its key. Scrolling works none of them out again. */
function useWidest<T>(columns: readonly Column<T>[], rows: readonly T[]): ReadonlyMap<string, number> {
  const [known] = useState(() => new Map<string, typeof widestAmountCh<T>>());
  return useMemo(
    () =>
      new Map(
        columns.flatMap(({ key, amountOf }) => {
          if (amountOf === undefined) return [];
          const widest = known.get(key) ?? createWidest<T>();
          known.set(key, widest);
          return [[key, widest(rows, amountOf)]];
        }),
      ),
    [columns, rows, known],
  );
}

function trackOf<T>({ width, amountOf }: Column<T>, widestCh: number): string {
  return amountOf === undefined ? width : `max(${width}, ${widestCh}ch)`;
}

interface RowProps<T> {
  readonly row: T;
  readonly index: number;
  readonly place: React.CSSProperties;
  readonly columns: readonly Column<T>[];
  readonly table: Props<T>;
}

function Row<T>({ row, index, place, columns, table }: RowProps<T>) {
  const { onOpen, openLabel } = table;
  const styles = useStyles();
  // What a row opens gives the focus back to it once it is put away.
  const focusTarget = useRestoreFocusTarget();
  const contents = columns.map(({ cell }) => cell(row));
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={mergeClasses(styles.line, styles.row, onOpen !== undefined && styles.opens)}
      style={place}
    >
      {columns.map((column, place) => (
        <div
          key={column.key}
          role="cell"
          // Names are written from their own side, and cut off at their end.
          dir={column.end === true ? undefined : 'auto'}
          // Words that are cut off can be read by pointing at them.
          title={asTitle(contents[place])}
          className={mergeClasses(
            styles.cell,
            column.end === true && styles.end,
            column.controls === true && styles.above,
          )}
        >
          {contents[place]}
          {place === 0 && onOpen !== undefined && (
            <button
              {...focusTarget}
              type="button"
              className={styles.open}
              aria-label={openLabel?.(row)}
              onClick={() => onOpen(row)}
            />
          )}
        </div>
      ))}
    </div>
  );
}

function asTitle(content: ReactNode): string | undefined {
  return typeof content === 'string' && content !== '' ? content : undefined;
}

function WaitingLine() {
  const { t } = useTranslation();
  return (
    <Skeleton aria-label={t('common.loading')} style={{ gridColumn: '1 / -1' }}>
      <SkeletonItem size={12} />
    </Skeleton>
  );
}

/** The first page's place while it is read, in the height of its rows. */
function WaitingRows() {
  const styles = useStyles();
  return (
    <div className={styles.firstReading} aria-hidden>
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className={styles.line} style={{ gridTemplateColumns: '1fr' }}>
          <WaitingLine />
        </div>
      ))}
    </div>
  );
}
