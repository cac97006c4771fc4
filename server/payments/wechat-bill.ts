/**
 * Reads a bill of WeChat Pay as it streams in: unpacked, held against the hash that WeChat signed, its fields found by
 * their headings, its rows held against its own summary. It keeps no more than a piece of it in memory. Rows come out
 * before the bill has proved to be whole: nobody may act on them until the last one was read without a fault.
 */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { pipeline, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { parseYuan, parseYuanSum, type Micros } from '../../shared/money.ts';

/** A payment or a refund, as the trade bill has it. */
export interface BilledTrade {
  readonly kind: 'payment' | 'refund';
  readonly atMs: number;
  readonly outTradeNo: string;
  readonly outRefundNo: string | null;
  /** WeChat's own number of the payment or the refund. */
  readonly wechatNo: string;
  readonly state: string;
  /** Of the order, or of what was asked to be given back of it. */
  readonly amount: Micros;
  /** What WeChat moves of it: less the merchant's own coupons, which nobody has paid anything in for. */
  readonly settled: Micros;
  /** Below zero where WeChat gives it back. */
  readonly fee: Micros;
}

/** A movement of the merchant's money, as the fund-flow bill has it. */
export interface BilledFunds {
  readonly atMs: number;
  readonly wechatNo: string;
  readonly flowNo: string;
  /** WeChat's words for what it was. */
  readonly business: string;
  /** The merchant's own number of it. */
  readonly voucher: string;
  /** Below zero what went out. */
  readonly amount: Micros;
}

export interface BillRows {
  readonly trade: BilledTrade;
  readonly funds: BilledFunds;
}
export type BillKind = keyof BillRows;

/** A bill that WeChat has, about to be read. */
export interface OpenBill {
  /** Of the text, also where it is packed. */
  readonly sha1: string;
  readonly packed: Readable;
}

/** The bill cannot be believed, or broke off as it came: nothing that was read of it counts. */
export class BillFault extends Error {
  readonly fault: 'hash' | 'format' | 'summary' | 'unreachable';

  constructor(fault: BillFault['fault'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BillFault';
    this.fault = fault;
  }
}

/** Longer than any line of a bill; what goes on without an end is no bill. */
const lineCharactersMax = 64 * 1024;
const rowsTogether = 1_000;

/** The bill's rows, some at a time, in its order. Throws BillFault where it is not what WeChat signed. */
export async function* readBill<K extends BillKind>(
  kind: K,
  bill: OpenBill,
): AsyncGenerator<readonly BillRows[K][], void> {
  const form = forms[kind];
  const table = new Table(form);
  const hash = createHash('sha1');
  let waiting: BillRows[K][] = [];
  for await (const lines of linesOf(bill.packed, hash))
    for (const line of lines) {
      const row = table.take(line);
      if (row === null) continue;
      waiting.push(row);
      if (waiting.length < rowsTogether) continue;
      yield waiting;
      waiting = [];
    }
  if (waiting.length > 0) yield waiting;
  if (hash.digest('hex') !== bill.sha1.toLowerCase())
    throw new BillFault('hash', 'The bill is not the one whose hash WeChat has signed.');
  table.end();
}

/** The lines that end in each piece. */
async function* linesOf(packed: Readable, hash: ReturnType<typeof createHash>): AsyncGenerator<string[]> {
  // What befalls either stream is thrown where the second is read.
  const unpacked = pipeline(packed, createGunzip(), () => undefined);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of unpacked) {
      const bytes = chunk as Buffer;
      hash.update(bytes);
      const parts = `${rest}${decoder.write(bytes)}`.split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > lineCharactersMax)
        throw new BillFault('format', 'The bill has a line without an end.');
      yield parts;
    }
  } catch (error) {
    if (error instanceof BillFault) throw error;
    throw isZlibError(error)
      ? new BillFault('hash', 'The bill was cut off or damaged.', { cause: error })
      : new BillFault('unreachable', 'The bill broke off as it came.', { cause: error });
  }
  if (rest !== '') yield [rest];
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

/** A line's value in one of the bill's columns. */
type Cell = (values: readonly string[]) => string;

interface Columns {
  /** Throws BillFault, once a value is asked for, where the bill has no such heading. */
  get(heading: string): Cell;
  has(heading: string): boolean;
}

interface Form<Row> {
  /** A heading that the table of rows has, and one that the summary has. */
  readonly heading: string;
  readonly summaryHeading: string;
  /** Finds its columns, once a bill, and reads rows by them. */
  readonly reader: (columns: Columns) => (values: readonly string[]) => Row;
  /** What the summary says, under its headings, and what the rows came to. */
  readonly summary: Readonly<Record<string, (tally: Tally) => bigint>>;
  /** Adds the row's money to what the rows before it came to. */
  readonly add: (tally: Tally, row: Row) => void;
}

/** Counted along, in micro-yuan where it is money. */
interface Tally {
  rows: bigint;
  in: Micros;
  out: Micros;
  /** Of these, what WeChat moves. */
  settledIn: Micros;
  settledOut: Micros;
}

/** Turns lines into rows, and holds the summary against what went by. */
class Table<Row> {
  readonly #form: Form<Row>;
  #read: ((values: readonly string[]) => Row) | null = null;
  #summaryColumns: readonly string[] | null = null;
  #summaryWasRead = false;
  readonly #tally: Tally = { rows: 0n, in: 0n, out: 0n, settledIn: 0n, settledOut: 0n };

  constructor(form: Form<Row>) {
    this.#form = form;
  }

  /** Null for a heading, the summary, and empty lines. */
  take(given: string): Row | null {
    const line = given.replace(/^\uFEFF/, '').replace(/\r$/, '');
    if (line === '') return null;
    // Headings stand as they are, each value behind a back tick.
    if (!line.startsWith('`')) {
      this.#head(line);
      return null;
    }
    const values = line.slice(1).split(',`');
    if (this.#summaryColumns !== null) {
      this.#checkSummary(this.#summaryColumns, values);
      return null;
    }
    if (this.#read === null) throw new BillFault('format', 'The bill begins without headings.');
    const row = this.#read(values);
    this.#tally.rows += 1n;
    this.#form.add(this.#tally, row);
    return row;
  }

  end(): void {
    if (!this.#summaryWasRead) throw new BillFault('summary', 'The bill ends without its summary.');
  }

  #head(line: string): void {
    const names = line.split(',').map(plainHeading);
    if (this.#read === null && names.includes(this.#form.heading))
      this.#read = this.#form.reader(columnsOf(names));
    else if (this.#read !== null && names.includes(this.#form.summaryHeading)) this.#summaryColumns = names;
    else throw new BillFault('format', 'The bill has other headings than WeChat documents.');
  }

  #checkSummary(names: readonly string[], values: readonly string[]): void {
    if (this.#summaryWasRead) throw new BillFault('format', 'The bill goes on after its summary.');
    this.#summaryWasRead = true;
    for (const [name, expected] of Object.entries(this.#form.summary)) {
      const index = names.indexOf(name);
      // Counts come as `20` and as `20.0`.
      const said = index < 0 ? null : parseYuanSum((values[index] ?? '').trim());
      if (index >= 0 && said !== expected(this.#tally))
        throw new BillFault('summary', `The bill's rows do not come to its ${name}.`);
    }
  }
}

/** Bills have had `(元)` in both widths. */
function plainHeading(name: string): string {
  return name.trim().replace(/[(（]元[)）]$/, '');
}

function columnsOf(names: readonly string[]): Columns {
  return {
    has: (heading) => names.includes(heading),
    get(heading) {
      const index = names.indexOf(heading);
      return (values) => {
        const value = values[index];
        if (value === undefined) throw new BillFault('format', `The bill has no ${heading}.`);
        return value.trim();
      };
    },
  };
}

/** `2026-11-21 01:30:00`, in China. */
function instantOf(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)
    ? Date.parse(`${text.replace(' ', 'T')}+08:00`)
    : Number.NaN;
  if (Number.isNaN(ms))
    throw new BillFault('format', `The bill has ${JSON.stringify(text.slice(0, 40))} for a time.`);
  return ms;
}

function moneyOf(text: string): Micros {
  const amount = parseYuan(text);
  if (amount === null)
    throw new BillFault('format', `The bill has ${JSON.stringify(text.slice(0, 40))} for an amount.`);
  return amount;
}

/** A count in the summary is read as if it were money. */
function counted(count: bigint): Micros {
  return parseYuanSum(count.toString()) ?? 0n;
}

/** Merchants from before coupons that are not paid for have the older headings. */
function eitherOf(columns: Columns, heading: string, older: string): Cell {
  return columns.get(columns.has(heading) ? heading : older);
}

function directionOf(word: string): 1n | -1n {
  if (word === '收入') return 1n;
  if (word === '支出') return -1n;
  throw new BillFault('format', `The bill has ${JSON.stringify(word.slice(0, 40))} for a direction.`);
}

function tradeReader(columns: Columns): (values: readonly string[]) => BilledTrade {
  const at = columns.get('交易时间');
  const outTradeNo = columns.get('商户订单号');
  const wechatNo = columns.get('微信订单号');
  const state = columns.get('交易状态');
  const paid = eitherOf(columns, '订单金额', '应结订单金额');
  const settled = columns.get('应结订单金额');
  const fee = columns.get('手续费');
  const outRefundNo = columns.get('商户退款单号');
  const refundNo = columns.get('微信退款单号');
  const refundState = columns.get('退款状态');
  const refunded = eitherOf(columns, '申请退款金额', '退款金额');
  const settledBack = columns.get('退款金额');
  return (values) => {
    const refund = state(values) === 'REFUND';
    const whole = (refund ? refunded : paid)(values);
    const moved = (refund ? settledBack : settled)(values);
    const amount = moneyOf(whole);
    return {
      kind: refund ? 'refund' : 'payment',
      atMs: instantOf(at(values)),
      outTradeNo: outTradeNo(values),
      outRefundNo: refund ? outRefundNo(values) : null,
      wechatNo: (refund ? refundNo : wechatNo)(values),
      state: (refund ? refundState : state)(values),
      amount,
      settled: moved === whole ? amount : moneyOf(moved),
      fee: moneyOf(fee(values)),
    };
  };
}

function fundsReader(columns: Columns): (values: readonly string[]) => BilledFunds {
  const at = columns.get('记账时间');
  const wechatNo = columns.get('微信支付业务单号');
  const flowNo = columns.get('资金流水单号');
  const business = columns.get('业务类型');
  const voucher = columns.get('业务凭证号');
  const direction = columns.get('收支类型');
  const amount = columns.get('收支金额');
  return (values) => ({
    atMs: instantOf(at(values)),
    wechatNo: wechatNo(values),
    flowNo: flowNo(values),
    business: business(values),
    voucher: voucher(values),
    amount: directionOf(direction(values)) * moneyOf(amount(values)),
  });
}

const forms: { readonly [K in BillKind]: Form<BillRows[K]> } = {
  trade: {
    heading: '商户订单号',
    summaryHeading: '总交易单数',
    reader: tradeReader,
    add: (tally, { kind, amount, settled }) => {
      if (kind === 'payment') {
        tally.in += amount;
        tally.settledIn += settled;
      } else {
        tally.out += amount;
        tally.settledOut += settled;
      }
    },
    summary: {
      总交易单数: ({ rows }) => counted(rows),
      订单总金额: (tally) => tally.in,
      申请退款总金额: (tally) => tally.out,
      应结订单总金额: (tally) => tally.settledIn,
      退款总金额: (tally) => tally.settledOut,
    },
  },
  funds: {
    heading: '资金流水单号',
    summaryHeading: '资金流水总笔数',
    reader: fundsReader,
    add: (tally, { amount }) => {
      if (amount > 0n) tally.in += amount;
      else tally.out -= amount;
    },
    summary: {
      资金流水总笔数: ({ rows }) => counted(rows),
      收入金额: (tally) => tally.in,
      支出金额: (tally) => tally.out,
    },
  },
};
