/** How a bill is to be read while a person is still saying so. It becomes a mapping once every column that has to be is named. */
import { billColumns, type BillColumn, type BillMapping } from '../../../../shared/api-bills.ts';
import type { Costs } from '../../../../shared/api-finance.ts';
import type { BillFile } from '../../../../shared/ipc-bills.ts';

export interface Draft {
  /** Which column has what, by place; a column that is not named is passed over. */
  readonly columns: Readonly<Partial<Record<BillColumn, number>>>;
  readonly formats: Omit<BillMapping, BillColumn>;
}

/** What is kept while the person is elsewhere. */
export interface Importing {
  readonly file: BillFile;
  readonly provider: string;
  readonly draft: Draft;
}

const plain: Draft['formats'] = {
  headerLines: 1,
  dayFormat: 'ymd',
  timeZone: 'Asia/Shanghai',
  decimal: '.',
  amountIn: 'yuan',
  quantityIn: 1,
  items: [],
};

function draftOf(mapping: BillMapping): Draft {
  const { day, item, amount, quantity, currency, reference, ...formats } = mapping;
  const columns = Object.entries({ day, item, amount, quantity, currency, reference });
  return { columns: Object.fromEntries(columns.filter(([, place]) => place !== undefined)), formats };
}

/** As the provider was read last, else as the headings look. */
export function firstDraft(file: BillFile, provider: string): Draft {
  const kept = file.mappings.find((one) => one.provider === provider)?.mapping ?? file.guess;
  return kept === null ? { columns: {}, formats: plain } : draftOf(kept);
}

/** Null while a column that has to be is not named. */
export function mappingOf({ columns, formats }: Draft): BillMapping | null {
  const { day, item, amount, ...others } = columns;
  if (day === undefined || item === undefined || amount === undefined) return null;
  return { day, item, amount, ...others, ...formats };
}

export function columnAt({ columns }: Draft, place: number): BillColumn | null {
  return billColumns.find((column) => columns[column] === place) ?? null;
}

/** A column has one meaning, and a meaning one column. */
export function withColumn(draft: Draft, place: number, column: BillColumn | null): Draft {
  const others = billColumns.flatMap((one) => {
    const at = draft.columns[one];
    return at === undefined || at === place || one === column ? [] : [[one, at] as const];
  });
  const named = column === null ? others : [...others, [column, place] as const];
  return { ...draft, columns: Object.fromEntries(named) };
}

export function withItem(draft: Draft, said: string, item: string): Draft {
  const others = draft.formats.items.filter((one) => one.said !== said);
  const items = item === said ? others : [...others, { said, item }];
  return { ...draft, formats: { ...draft.formats, items } };
}

/** What a provider's cost prices are of: usage is held against its bills under these names. */
export function knownItems({ prices }: Costs, provider: string): readonly string[] {
  const names = prices.flatMap((price) => {
    if (price.provider !== provider) return [];
    switch (price.basis) {
      case 'tokens':
        return [price.model];
      case 'piece':
      case 'time':
        return [price.operation];
      case 'day':
        return [price.item];
      default:
        return price satisfies never;
    }
  });
  return [...new Set(names)];
}
