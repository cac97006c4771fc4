/**
 * The trade bill of a day as WeChat writes it: CSV with a mark of byte order, each value behind a back tick, a summary
 * of two lines at the end, amounts in yuan. Nothing here may round: amounts come as whole cents.
 */
import type { SandboxKeys } from './signing.ts';
import type { Trade, TradeRefund } from './trades.ts';

const columns =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,' +
  '应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,' +
  '手续费,费率,订单金额,申请退款金额,费率备注';
const summaryColumns =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const chinaOffsetMs = 8 * 3_600_000;
/** WeChat keeps 0.60 % of what is paid in. */
const feeRate = '0.60%';

/** A day such as `2026-11-21`, in China. Null where nothing was paid or given back on it. */
export function tradeBill(
  keys: Pick<SandboxKeys, 'mchid' | 'appid'>,
  day: string,
  trades: readonly Trade[],
  refunds: readonly TradeRefund[],
): string | null {
  const paid = trades.filter(({ paidAtMs }) => paidAtMs !== null && chinaText(paidAtMs).startsWith(day));
  const back = refunds.filter(({ createdAtMs }) => chinaText(createdAtMs).startsWith(day));
  if (paid.length + back.length === 0) return null;
  const total = sum(paid.map((trade) => trade.total));
  const refunded = sum(back.map(({ amount }) => amount));
  const fees = sum(paid.map((trade) => fee(trade.total)));
  const lines = [
    columns,
    ...paid.map((trade) => row(keys, trade, null)),
    ...back.map((refund) => row(keys, refund.trade, refund)),
    summaryColumns,
    values([
      String(paid.length + back.length),
      yuanOf(total),
      yuanOf(refunded),
      '0.00',
      yuanOf(fees),
      yuanOf(total),
      yuanOf(refunded),
    ]),
  ];
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

function row(
  { mchid, appid }: Pick<SandboxKeys, 'mchid' | 'appid'>,
  trade: Trade,
  refund: TradeRefund | null,
): string {
  const whole = refund === null ? trade.total : 0;
  const back = refund?.amount ?? 0;
  const payer = `oSandbox${trade.token}`;
  const head = [chinaText(refund?.createdAtMs ?? trade.paidAtMs ?? 0), appid, mchid, '0', ''];
  return values([
    ...head,
    trade.transactionId ?? '',
    trade.outTradeNo,
    payer,
    'NATIVE',
    refund === null ? 'SUCCESS' : 'REFUND',
    'OTHERS',
    'CNY',
    yuanOf(whole),
    '0.00',
    refund?.refundId ?? '0',
    refund?.outRefundNo ?? '0',
    yuanOf(back),
    '0.00',
    refund === null ? '' : 'ORIGINAL',
    refund?.state ?? '',
    trade.description,
    '',
    yuanOf(refund === null ? fee(trade.total) : 0),
    feeRate,
    yuanOf(whole),
    yuanOf(back),
    '',
  ]);
}

function values(cells: readonly string[]): string {
  return cells.map((cell) => `\`${cell.replaceAll(/[`,\r\n]/g, ' ')}`).join(',');
}

/** Half-up, in cents. */
function fee(cents: number): number {
  return Math.floor((cents * 6 + 500) / 1_000);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function yuanOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function chinaText(ms: number): string {
  return new Date(ms + chinaOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
}
