/** Where a bill that was never read before is likely to have what, by its headings. A person sees it before it counts. */
import { billColumns, type BillColumn, type BillMapping } from '../../shared/api-bills.ts';
import type { BillTable } from './bill-table.ts';

/** Headings are looked for in the first rows: some bills begin with whose they are and of when. */
const headingRowsMax = 30;
/** Of several that fit, the earlier word is the surer one; compared without case, spaces, `_`, `-` and brackets. */
const words: Readonly<Record<BillColumn, readonly string[]>> = {
  day: [
    '消费日期',
    '账单日期',
    '日期',
    '消费时间',
    '使用时间',
    '开始时间',
    '时间',
    'usagedate',
    'date',
    'day',
    'time',
  ],
  item: [
    '模型',
    '计费项',
    '商品名称',
    '产品名称',
    '项目',
    '商品',
    '产品',
    '服务',
    'model',
    'item',
    'sku',
    'product',
    'service',
  ],
  quantity: ['用量', '数量', 'token数', 'quantity', 'usage', 'tokens', 'units'],
  amount: ['应付金额', '实付金额', '费用', '金额', 'amount', 'cost', 'charge', 'fee', 'total'],
  currency: ['币种', '货币', 'currency'],
  reference: ['流水号', '账单编号', '明细编号', '订单号', '编号', 'reference', 'recordid', 'lineid', 'id'],
};

/** Null where no row looks like headings. */
export function guessMapping(table: BillTable): BillMapping | null {
  for (const row of table.rows.slice(0, headingRowsMax)) {
    if ('malformed' in row) continue;
    const headings = row.cells.map(({ text }) => text.toLowerCase().replaceAll(/[\s_\-()（）[\]【】]/g, ''));
    const places = new Map<BillColumn, number>();
    for (const column of billColumns) {
      const place = placeOf(headings, words[column], new Set(places.values()));
      if (place !== null) places.set(column, place);
    }
    const [day, item, amount] = [places.get('day'), places.get('item'), places.get('amount')];
    if (day === undefined || item === undefined || amount === undefined) continue;
    const rest = (['quantity', 'currency', 'reference'] as const).flatMap((column) => {
      const place = places.get(column);
      return place === undefined ? [] : [[column, place] as const];
    });
    return {
      headerLines: row.line,
      day,
      item,
      amount,
      ...Object.fromEntries(rest),
      dayFormat: 'ymd',
      timeZone: 'Asia/Shanghai',
      decimal: '.',
      amountIn: headings[amount]?.includes('分') === true ? 'cents' : 'yuan',
      quantityIn: 1,
      items: [],
    };
  }
  return null;
}

/** The whole heading before a part of one. */
function placeOf(
  headings: readonly string[],
  names: readonly string[],
  taken: ReadonlySet<number>,
): number | null {
  for (const fits of [(heading: string, name: string) => heading === name, longEnough])
    for (const name of names) {
      const place = headings.findIndex((heading, index) => !taken.has(index) && fits(heading, name));
      if (place >= 0) return place;
    }
  return null;
}

/** `id` is a part of too many words. */
function longEnough(heading: string, name: string): boolean {
  return (name.length > 2 || /\p{Script=Han}/u.test(name)) && heading.includes(name);
}
