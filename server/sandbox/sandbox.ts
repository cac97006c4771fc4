/**
 * A stand-in for WeChat Pay: its API v3 for Native payments with real RSA keys and AES-256-GCM, a page to pay on,
 * notifications with WeChat's own repeats, refunds and bills. It holds no money, listens on this machine alone, and
 * must never be taken for the real one: its page says so.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fundBill, tradeBill } from './bill.ts';
import { createNotifier, type Notifier } from './notifier.ts';
import { scanPage, scanStyle, type ScanState } from './scan-page.ts';
import { encrypted, makeSandboxKeys, merchantSigned, signatureHeaders, type SandboxKeys } from './signing.ts';
import { Trades, type RefundState, type Trade, type TradeRefund } from './trades.ts';

export interface SandboxOptions {
  /** Milliseconds since 1970; what orders, answers and notifications are dated by. */
  readonly clock: () => number;
  /** What WeChat's waits between notifications are multiplied by; 1 when absent. */
  readonly timeScale?: number;
  /** Milliseconds until a refund has its end; null: until `endRefund`. */
  readonly refundMs?: number | null;
  /** Sign with the platform certificate's key instead of the public key's. */
  readonly byCertificate?: boolean;
}

export interface Sandbox {
  readonly url: string;
  readonly keys: SandboxKeys;
  readonly trades: Trades;
  /** Pays as somebody does who scanned the code, and tells the merchant. */
  pay(trade: Trade): void;
  /** As `pay`, for an order that was closed meanwhile. */
  payLate(trade: Trade): void;
  endRefund(refund: TradeRefund, state: Exclude<RefundState, 'PROCESSING'>): void;
  /** While true, notifications go nowhere. */
  silent: boolean;
  /** While true, the API does not answer. */
  away: boolean;
  close(): Promise<void>;
}

const refundMsDefault = 3_000;
const chinaOffsetMs = 8 * 3_600_000;

const PrepayBody = z.looseObject({
  appid: z.string(),
  mchid: z.string(),
  description: z.string().min(1).max(127),
  out_trade_no: z.string().regex(/^[\w|*-]{6,32}$/),
  time_expire: z.iso.datetime({ offset: true }),
  notify_url: z.url(),
  amount: z.strictObject({ total: z.int().min(1), currency: z.literal('CNY') }),
});
const RefundBody = z.looseObject({
  out_trade_no: z.string(),
  out_refund_no: z.string().regex(/^[\w|*@-]{1,64}$/),
  reason: z.string().max(80).optional(),
  notify_url: z.url().optional(),
  amount: z.strictObject({ refund: z.int().min(1), total: z.int().min(1), currency: z.literal('CNY') }),
});

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, timeScale = 1, refundMs = refundMsDefault, byCertificate = false } = options;
  const keys = makeSandboxKeys(clock());
  const signer = byCertificate
    ? { serial: keys.certificateSerial, key: keys.certified.privateKey }
    : { serial: keys.publicKeyId, key: keys.platform.privateKey };
  const trades = new Trades(clock);
  const notifier = createNotifier((body) => signatureHeaders(signer, body, clock()), timeScale);
  const app = Fastify({ bodyLimit: 64 * 1024 });
  const timers = new Set<NodeJS.Timeout>();
  const sandbox = {
    keys,
    trades,
    silent: false,
    away: false,
    pay(trade: Trade) {
      if (trades.pay(trade)) tellOfPayment(trade);
    },
    payLate(trade: Trade) {
      trades.payLate(trade);
      tellOfPayment(trade);
    },
    endRefund(refund: TradeRefund, state: Exclude<RefundState, 'PROCESSING'>) {
      trades.endRefund(refund, state);
      tell(refund.notifyUrl, `REFUND.${state}`, 'refund', refundNotice(keys, refund));
    },
  };
  const tell = (url: string, eventType: string, kind: string, content: object): void => {
    if (sandbox.silent || url === '') return;
    notifier.tell({ url, body: notification(keys, eventType, kind, content, clock()) });
  };
  const tellOfPayment = (trade: Trade): void =>
    tell(trade.notifyUrl, 'TRANSACTION.SUCCESS', 'transaction', tradeAnswer(keys, trade));
  const refundLater = (refund: TradeRefund): void => {
    if (refundMs === null || refund.state !== 'PROCESSING') return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (refund.state === 'PROCESSING') sandbox.endRefund(refund, wishedEnd(refund.reason));
    }, refundMs);
    timers.add(timer);
  };

  app.addHook('onRequest', async (request) => {
    if (sandbox.away && request.url.startsWith('/v3/')) request.raw.destroy();
  });
  serveApi(app, { keys, trades, signer, clock, url: () => urlOf(app), refundLater });
  serveScanPage(app, { trades, pay: (trade) => sandbox.pay(trade) });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return Object.assign(sandbox, { url: urlOf(app), close: () => closeAll(app, notifier, timers) });
}

async function closeAll(
  app: FastifyInstance,
  notifier: Notifier,
  timers: ReadonlySet<NodeJS.Timeout>,
): Promise<void> {
  notifier.stop();
  for (const timer of timers) clearTimeout(timer);
  app.server.closeAllConnections();
  await app.close();
}

/** A refund whose reason names an end gets it, so that a person can see each. */
function wishedEnd(reason: string): Exclude<RefundState, 'PROCESSING'> {
  if (reason.includes('ABNORMAL')) return 'ABNORMAL';
  return reason.includes('CLOSED') ? 'CLOSED' : 'SUCCESS';
}

// ── The API ─────────────────────────────────────────────────────────────────────────────────────────────────

interface ApiParts {
  readonly keys: SandboxKeys;
  readonly trades: Trades;
  readonly signer: { readonly serial: string; readonly key: SandboxKeys['platform']['privateKey'] };
  readonly clock: () => number;
  readonly url: () => string;
  readonly refundLater: (refund: TradeRefund) => void;
}

type Answer = { readonly status: number; readonly body?: object };

function serveApi(app: FastifyInstance, parts: ApiParts): void {
  const { keys, trades } = parts;
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  const route = (
    method: 'GET' | 'POST',
    url: string,
    answer: (request: FastifyRequest, body: unknown) => Answer,
  ): void => {
    app.route({ method, url, handler: (request, reply) => serve(parts, request, reply, answer) });
  };
  const orderUrl = '/v3/pay/transactions/out-trade-no/:number';

  route('POST', '/v3/pay/transactions/native', (_request, body) => {
    const parsed = PrepayBody.safeParse(body);
    if (!parsed.success || parsed.data.mchid !== keys.mchid || parsed.data.appid !== keys.appid)
      return refused(400, 'PARAM_ERROR');
    const trade = trades.prepay({
      outTradeNo: parsed.data.out_trade_no,
      description: parsed.data.description,
      total: parsed.data.amount.total,
      notifyUrl: parsed.data.notify_url,
      expiresAtMs: Date.parse(parsed.data.time_expire),
    });
    if ('code' in trade) return refused(trade.status, trade.code);
    return { status: 200, body: { code_url: `${parts.url()}/scan/${trade.token}` } };
  });

  route('GET', orderUrl, (request) => {
    const { mchid } = request.query as { mchid?: string };
    const trade = trades.find(numberOf(request));
    if (mchid !== keys.mchid) return refused(400, 'PARAM_ERROR');
    return trade === null ? refused(404, 'ORDER_NOT_EXIST') : { status: 200, body: tradeAnswer(keys, trade) };
  });

  route('POST', `${orderUrl}/close`, (request) => {
    const problem = trades.close(numberOf(request));
    return problem === null ? { status: 204 } : refused(problem.status, problem.code);
  });

  route('POST', '/v3/refund/domestic/refunds', (_request, body) => {
    const parsed = RefundBody.safeParse(body);
    if (!parsed.success) return refused(400, 'PARAM_ERROR');
    const { out_trade_no: outTradeNo, out_refund_no: outRefundNo, amount, reason, notify_url } = parsed.data;
    const wanted = { outRefundNo, amount: amount.refund, reason: reason ?? '', notifyUrl: notify_url ?? '' };
    if (trades.find(outTradeNo)?.total !== amount.total) return refused(400, 'INVALID_REQUEST');
    const refund = trades.refund(outTradeNo, wanted);
    if ('code' in refund) return refused(refund.status, refund.code);
    parts.refundLater(refund);
    return { status: 200, body: refundAnswer(refund) };
  });

  route('GET', '/v3/refund/domestic/refunds/:number', (request) => {
    const refund = trades.findRefund(numberOf(request));
    return refund === null
      ? refused(404, 'RESOURCE_NOT_EXISTS')
      : { status: 200, body: refundAnswer(refund) };
  });

  serveBills(app, parts, route);
}

const BillQuery = z.object({
  bill_date: z.iso.date(),
  bill_type: z.enum(['ALL', 'SUCCESS', 'REFUND']).default('ALL'),
  tar_type: z.literal('GZIP').optional(),
});

const FundBillQuery = BillQuery.omit({ bill_type: true }).extend({
  account_type: z.literal('BASIC').default('BASIC'),
});

function serveBills(
  app: FastifyInstance,
  { keys, trades, url }: ApiParts,
  route: (
    method: 'GET' | 'POST',
    url: string,
    answer: (request: FastifyRequest, body: unknown) => Answer,
  ) => void,
): void {
  /** Ready to be fetched, by the token of their address. */
  const files = new Map<string, Buffer>();
  const address = (bill: string | null, packed: 'GZIP' | undefined): Answer => {
    if (bill === null) return refused(400, 'NO_STATEMENT_EXIST');
    const text = Buffer.from(bill);
    const token = randomBytes(16).toString('hex');
    files.set(token, packed === undefined ? text : gzipSync(text));
    // Of the text, also where it is packed.
    const hash = createHash('sha1').update(text).digest('hex');
    const where = `${url()}/v3/billdownload/file?token=${token}`;
    return { status: 200, body: { hash_type: 'SHA1', hash_value: hash, download_url: where } };
  };
  route('GET', '/v3/bill/tradebill', (request) => {
    const query = BillQuery.safeParse(request.query);
    if (!query.success) return refused(400, 'PARAM_ERROR');
    const { bill_date: day, bill_type: type, tar_type: packed } = query.data;
    const bill = tradeBill(
      keys,
      day,
      type === 'REFUND' ? [] : trades.paid(),
      type === 'SUCCESS' ? [] : trades.refunds(),
    );
    return address(bill, packed);
  });
  route('GET', '/v3/bill/fundflowbill', (request) => {
    const query = FundBillQuery.safeParse(request.query);
    if (!query.success) return refused(400, 'PARAM_ERROR');
    const { bill_date: day, tar_type: packed } = query.data;
    return address(fundBill(day, trades.paid(), trades.refunds()), packed);
  });
  app.get('/v3/billdownload/file', (request, reply) => {
    if (!isMerchant(keys, request))
      return reply.code(401).send({ code: 'SIGN_ERROR', message: 'SIGN_ERROR' });
    const { token = '' } = request.query as { token?: string };
    const file = files.get(token);
    if (file === undefined) return reply.code(404).send({ code: 'RESOURCE_NOT_EXISTS', message: '' });
    return reply.type('application/octet-stream').send(file);
  });
}

function numberOf(request: FastifyRequest): string {
  return (request.params as { number: string }).number;
}

function refused(status: number, code: string): Answer {
  return { status, body: { code, message: code } };
}

function isMerchant(keys: SandboxKeys, request: FastifyRequest): boolean {
  return merchantSigned(keys, {
    method: request.method,
    path: request.url,
    body: typeof request.body === 'string' ? request.body : '',
    authorization: request.headers.authorization ?? '',
  });
}

/** Checks the merchant's signature, and signs what is answered. */
function serve(
  { keys, signer, clock }: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: (request: FastifyRequest, body: unknown) => Answer,
): FastifyReply {
  const given = typeof request.body === 'string' ? request.body : '';
  const { status, body } = isMerchant(keys, request)
    ? answer(request, jsonOf(given))
    : refused(401, 'SIGN_ERROR');
  const text = body === undefined ? '' : JSON.stringify(body);
  reply.code(status).headers(signatureHeaders(signer, text, clock()));
  return text === '' ? reply.send() : reply.type('application/json; charset=utf-8').send(text);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No schema takes it.
  }
}

// ── The page ────────────────────────────────────────────────────────────────────────────────────────────────

function serveScanPage(
  app: FastifyInstance,
  { trades, pay }: { readonly trades: Trades; readonly pay: (trade: Trade) => void },
): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', (_request, payload, done) => {
    payload.resume();
    done(null);
  });
  const style = createHash('sha256').update(scanStyle).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; form-action 'self'; frame-ancestors 'none'`;
  const show = (reply: FastifyReply, trade: Trade | null, state?: ScanState): FastifyReply => {
    const now = trade !== null && trades.hasExpired(trade) ? 'EXPIRED' : (trade?.state ?? 'NOTPAY');
    reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-store' });
    return reply
      .code(trade === null ? 404 : 200)
      .type('text/html; charset=utf-8')
      .send(scanPage(trade, state ?? now));
  };
  const tradeOf = (request: FastifyRequest): Trade | null =>
    trades.findByToken((request.params as { token: string }).token);
  app.get('/scan/:token', (request, reply) => show(reply, tradeOf(request)));
  app.post('/scan/:token/pay', (request, reply) => {
    const trade = tradeOf(request);
    if (trade !== null) pay(trade);
    return show(reply, trade);
  });
  app.post('/scan/:token/cancel', (request, reply) => {
    const trade = tradeOf(request);
    const payable = trade !== null && trade.state === 'NOTPAY' && !trades.hasExpired(trade);
    return show(reply, trade, payable ? 'CANCELLED' : undefined);
  });
}

// ── WeChat's JSON ───────────────────────────────────────────────────────────────────────────────────────────

function tradeAnswer(keys: SandboxKeys, trade: Trade): object {
  const payer = `oSandbox${trade.token}`;
  const total = { total: trade.total, currency: 'CNY' };
  const paid = trade.paidAtMs !== null;
  return {
    appid: keys.appid,
    mchid: keys.mchid,
    out_trade_no: trade.outTradeNo,
    trade_state: trade.state,
    trade_state_desc: trade.state,
    amount: paid ? { ...total, payer_total: trade.total, payer_currency: 'CNY' } : total,
    ...(paid
      ? {
          transaction_id: trade.transactionId,
          trade_type: 'NATIVE',
          bank_type: 'OTHERS',
          attach: '',
          success_time: chinaTime(trade.paidAtMs ?? 0),
          payer: { openid: payer },
        }
      : {}),
  };
}

function refundAmount(refund: TradeRefund): Record<string, unknown> {
  const { amount, trade } = refund;
  return { total: trade.total, refund: amount, payer_total: trade.total, payer_refund: amount };
}

function refundAnswer(refund: TradeRefund): object {
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: refund.trade.transactionId,
    out_trade_no: refund.trade.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: 'SANDBOX',
    create_time: chinaTime(refund.createdAtMs),
    status: refund.state,
    ...(refund.state === 'SUCCESS' ? { success_time: chinaTime(refund.endedAtMs ?? 0) } : {}),
    amount: { ...refundAmount(refund), currency: 'CNY' },
  };
}

function refundNotice(keys: SandboxKeys, refund: TradeRefund): object {
  return {
    mchid: keys.mchid,
    out_trade_no: refund.trade.outTradeNo,
    transaction_id: refund.trade.transactionId,
    out_refund_no: refund.outRefundNo,
    refund_id: refund.refundId,
    refund_status: refund.state,
    ...(refund.state === 'SUCCESS' ? { success_time: chinaTime(refund.endedAtMs ?? 0) } : {}),
    user_received_account: 'SANDBOX',
    amount: refundAmount(refund),
  };
}

function notification(
  keys: SandboxKeys,
  eventType: string,
  kind: string,
  content: object,
  nowMs: number,
): string {
  return JSON.stringify({
    id: `EV-${nowMs}${randomBytes(4).toString('hex')}`,
    create_time: chinaTime(nowMs),
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary: eventType,
    resource: encrypted(keys.apiV3Key, content, kind),
  });
}

function chinaTime(ms: number): string {
  return `${new Date(ms + chinaOffsetMs).toISOString().slice(0, 19)}+08:00`;
}

function urlOf(app: FastifyInstance): string {
  const { port } = app.server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
