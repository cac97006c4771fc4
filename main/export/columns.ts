/**
 * The columns of the detailed bill, the same in a workbook and in CSV: what each is called, how wide it is and what it
 * says of a row. Cells are typed; how a type looks is each format's own affair.
 */
import type { Language } from '../../shared/ipc-words.ts';
import { wordOr, wordsIn } from '../messages.ts';
import type { BillRow } from './bill.ts';
import type { Cell, Column } from './sheets.ts';
import { wallClock } from './wall-clock.ts';

export type BillColumn = Column<BillRow>;

/** Where the totals' formulas look, from 1. The columns below are in this order. */
export const columnPlaces = { seq: 1, kind: 3, platform: 4, amount: 7 } as const;

export interface BillWords {
  readonly word: ReturnType<typeof wordsIn>;
  readonly kind: (kind: string) => string;
  /** `''` is a kind without a platform. */
  readonly platform: (platform: string) => string;
  readonly operation: (operation: string) => string;
}

/** Each word is looked up once, however many rows say it. */
function kept(make: (id: string) => string): (id: string) => string {
  const words = new Map<string, string>();
  return (id) => {
    const found = words.get(id) ?? make(id);
    words.set(id, found);
    return found;
  };
}

export function billWords(language: Language): BillWords {
  const word = wordsIn(language);
  return {
    word,
    kind: kept((kind) => word(`kind.${kind}`)),
    platform: kept((id) => (id === '' ? word('workbook.noPlatform') : wordOr(language, 'platform', id))),
    operation: kept((id) => wordOr(language, 'operation', id)),
  };
}

const text = (value: string | null): Cell | null =>
  value === null || value === '' ? null : { type: 'text', value };

export function billColumns(words: BillWords, timeZone: string): readonly BillColumn[] {
  const clock = wallClock(timeZone);
  return [
    { key: 'seq', width: 9, cell: (row) => ({ type: 'integer', value: Number(row.seq) }) },
    {
      key: 'occurredAt',
      width: 20,
      cell: (row) => ({ type: 'time', value: clock(Number(row.occurred_at_ms)) }),
    },
    { key: 'kind', width: 10, cell: (row) => text(words.kind(row.kind)) },
    { key: 'platform', width: 14, cell: (row) => text(words.platform(row.platform)) },
    {
      key: 'operation',
      width: 10,
      cell: (row) => (row.operation === null ? null : text(words.operation(row.operation))),
    },
    {
      key: 'quantity',
      width: 9,
      cell: (row) => (row.quantity === null ? null : { type: 'integer', value: Number(row.quantity) }),
    },
    { key: 'amount', width: 14, cell: (row) => ({ type: 'money', value: row.amount }) },
    { key: 'balanceAfter', width: 14, cell: (row) => ({ type: 'money', value: row.balance_after }) },
    { key: 'target', width: 26, cell: (row) => text(row.target_user_id) },
    { key: 'campaign', width: 38, cell: (row) => text(row.campaign_id) },
    { key: 'note', width: 24, cell: (row) => text(row.note) },
    { key: 'id', width: 38, cell: (row) => text(row.id) },
    { key: 'hash', width: 66, cell: (row) => text(row.hash) },
  ];
}
