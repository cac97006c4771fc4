/**
 * WeChat's bills for tests, written from WeChat's documentation and from nothing of the program's: what is read of them
 * is right because it is right, not because both sides share a mistake.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { OpenBill } from '../payments/wechat-bill.ts';

/** Amounts in cents. */
export interface TestTrade {
  readonly atMs: number;
  readonly no: string;
  readonly tradeNo: string;
  readonly cents: number;
  /** What of it a coupon stands for that the merchant gave without paying for it. */
  readonly couponCents?: number;
  readonly refund?: { readonly no: string; readonly state: string };
  readonly state?: string;
}
export interface TestFlow {
  readonly atMs: number;
  readonly no: string;
  readonly type: string;
  readonly cents: number;
  readonly voucher?: string;
}

const tradeHead =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const tradeFoot =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const fundHead =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号';
const fundFoot = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额';

function china(ms: number): string {
  return new Date(ms + 28_800_000).toISOString().replace('T', ' ').slice(0, 19);
}

function yuan(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** Six in a thousand. */
export function feeOf(cents: number): number {
  return Math.round((cents * 6) / 1_000);
}

function settledOf({ cents, couponCents = 0 }: TestTrade): number {
  return cents - couponCents;
}

function line(cells: readonly (string | number)[]): string {
  return cells.map((cell) => `\`${cell}`).join(',');
}

function total(cents: readonly number[]): string {
  return yuan(cents.reduce((sum, next) => sum + next, 0));
}

export function tradeBillText(trades: readonly TestTrade[]): string {
  const rows = trades.map((trade) => {
    const { refund } = trade;
    const paid = refund === undefined ? trade.cents : 0;
    const back = refund === undefined ? 0 : trade.cents;
    const head = [china(trade.atMs), 'wx1', '1900000109', '0', ''];
    return line([
      ...head,
      refund === undefined ? trade.no : `42${trade.tradeNo.slice(0, 26)}`,
      trade.tradeNo,
      'o1',
      'NATIVE',
      refund === undefined ? (trade.state ?? 'SUCCESS') : 'REFUND',
      'OTHERS',
      'CNY',
      yuan(paid === 0 ? 0 : settledOf(trade)),
      yuan(paid === 0 ? 0 : (trade.couponCents ?? 0)),
      refund === undefined ? '0' : trade.no,
      refund?.no ?? '0',
      yuan(back === 0 ? 0 : settledOf(trade)),
      '0.00',
      refund === undefined ? '' : 'ORIGINAL',
      refund?.state ?? '',
      '账台, 充值',
      '',
      yuan(refund === undefined ? feeOf(settledOf(trade)) : 0),
      '0.60%',
      yuan(paid),
      yuan(back),
      '',
    ]);
  });
  const paid = trades.filter(({ refund }) => refund === undefined);
  const back = trades.filter(({ refund }) => refund !== undefined);
  const whole = ({ cents }: TestTrade) => cents;
  const foot = [
    trades.length,
    total(paid.map(settledOf)),
    total(back.map(settledOf)),
    '0.00',
    total(paid.map(settledOf).map(feeOf)),
    total(paid.map(whole)),
    total(back.map(whole)),
  ];
  return `\uFEFF${[tradeHead, ...rows, tradeFoot, line(foot)].join('\r\n')}\r\n`;
}

export function fundBillText(flows: readonly TestFlow[]): string {
  const rows = flows.map(({ atMs, no, type, cents, voucher = '' }, index) => {
    const direction = cents < 0 ? '支出' : '收入';
    const name = type === '退款' ? '退款' : '交易';
    const moved = [direction, yuan(Math.abs(cents)), '0.00'];
    return line([china(atMs), no, `${no}${index}`, name, type, ...moved, 'system', '', voucher]);
  });
  const [came, went] = [flows.filter(({ cents }) => cents >= 0), flows.filter(({ cents }) => cents < 0)];
  const sum = (of: readonly TestFlow[]) => total(of.map(({ cents }) => Math.abs(cents)));
  const foot = [`${flows.length}.0`, `${came.length}.0`, sum(came), `${went.length}.0`, sum(went)];
  return `\uFEFF${[fundHead, ...rows, fundFoot, line(foot)].join('\n')}\n`;
}

/** The money of these, with fees as lines of their own. */
export function flowsOf(trades: readonly TestTrade[]): TestFlow[] {
  return trades.flatMap((trade) => {
    const { atMs, no, tradeNo, refund: back, state = 'SUCCESS' } = trade;
    const cents = settledOf(trade);
    if (cents === 0) return [];
    if (back !== undefined)
      return back.state === 'SUCCESS' ? [{ atMs, no, type: '退款', cents: -cents, voucher: back.no }] : [];
    if (state !== 'SUCCESS') return [];
    const fee = feeOf(cents);
    const kept = fee === 0 ? [] : [{ atMs, no, type: '扣除交易手续费', cents: -fee }];
    return [{ atMs, no, type: '交易', cents, voucher: tradeNo }, ...kept];
  });
}

/** The bill as it comes: packed, in pieces that end anywhere, even within a character. */
export function openBill(
  text: string,
  changed: { readonly sha1?: string; readonly cutTo?: number } = {},
): OpenBill {
  const packed = gzipSync(text).subarray(0, changed.cutTo);
  const pieces = Array.from({ length: Math.ceil(packed.length / 997) }, (_, index) =>
    packed.subarray(index * 997, (index + 1) * 997),
  );
  return {
    sha1: changed.sha1 ?? createHash('sha1').update(text).digest('hex'),
    packed: Readable.from(pieces),
  };
}
