/**
 * A day's bills as WeChat writes them, of what was traded and of how the merchant's money moved: CSV with a mark of byte
 * order, each value behind a back tick, a summary of two lines at the end, amounts in yuan. Nothing here may round but
 * a fee: amounts come as whole cents.
 */
import type { SandboxKeys } from './signing.ts';
import type { Trade, TradeRefund } from './trades.ts';

const columns =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,' +
  '应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,' +
  '手续费,费率,订单金额,申请退款金额,费率备注';
const summaryColumns =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const fundColumns =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,' +
  '备注,业务凭证号';
const fundSummaryColumns = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额';
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

interface Flow {
  readonly atMs: number;
  readonly wechatNo: string;
  readonly name: string;
  readonly type: string;
  /** Cents; below zero what goes out. */
  readonly amount: number;
  readonly voucher: string;
}

/** The same day's movements of money: payments, fees as lines of their own, refunds once they succeed. */
export function fundBill(
  day: string,
  trades: readonly Trade[],
  refunds: readonly TradeRefund[],
): string | null {
  const flows = [...trades.flatMap(paymentFlows), ...refunds.flatMap(refundFlows)].toSorted(
    (a, b) => a.atMs - b.atMs,
  );
  const before = flows.filter(({ atMs }) => chinaText(atMs).slice(0, 10) < day);
  const onDay = flows.filter(({ atMs }) => chinaText(atMs).startsWith(day));
  if (onDay.length === 0) return null;
  let left = sum(before.map(({ amount }) => amount));
  const rows = onDay.map((flow, index) => {
    left += flow.amount;
    return values([
      chinaText(flow.atMs),
      flow.wechatNo,
      `${flow.wechatNo}${index}`,
      flow.name,
      flow.type,
      flow.amount < 0 ? '支出' : '收入',
      yuanOf(Math.abs(flow.amount)),
      left < 0 ? `-${yuanOf(-left)}` : yuanOf(left),
      'system',
      '',
      flow.voucher,
    ]);
  });
  const came = onDay.filter(({ amount }) => amount >= 0).map(({ amount }) => amount);
  const went = onDay.filter(({ amount }) => amount < 0).map(({ amount }) => -amount);
  const summary = [onDay.length, came.length, yuanOf(sum(came)), went.length, yuanOf(sum(went))].map(String);
  return `\uFEFF${[fundColumns, ...rows, fundSummaryColumns, values(summary)].join('\r\n')}\r\n`;
}

function paymentFlows({ paidAtMs, transactionId, total, outTradeNo }: Trade): Flow[] {
  if (paidAtMs === null) return [];
  const flow = { atMs: paidAtMs, wechatNo: transactionId ?? '', name: '交易', voucher: outTradeNo };
  const payment = { ...flow, type: '交易', amount: total };
  const kept = fee(total);
  return kept === 0 ? [payment] : [payment, { ...flow, type: '扣除交易手续费', amount: -kept }];
}

function refundFlows({ endedAtMs, state, refundId, amount, outRefundNo }: TradeRefund): Flow[] {
  if (endedAtMs === null || state !== 'SUCCESS') return [];
  const flow = { atMs: endedAtMs, wechatNo: refundId, voucher: outRefundNo };
  return [{ ...flow, name: '退款', type: '退款', amount: -amount }];
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
    refund === null ? '' : refundWords[refund.state],
    trade.description,
    '',
    yuanOf(refund === null ? fee(trade.total) : 0),
    feeRate,
    yuanOf(whole),
    yuanOf(back),
    '',
  ]);
}

/** The bill has words of its own for how a refund stands. */
const refundWords = {
  PROCESSING: 'PROCESSING',
  SUCCESS: 'SUCCESS',
  ABNORMAL: 'CHANGE',
  CLOSED: 'FAIL',
} as const satisfies Record<TradeRefund['state'], string>;

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
