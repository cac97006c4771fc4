/**
 * Asks WeChat Pay (API v3, Native): every request signed, every answer that is acted on checked for WeChat's signature.
 * It decides nothing about money, and no key may ever be part of what it throws or returns.
 */
import type { Readable } from 'node:stream';
import axios, { type AxiosResponse } from 'axios';
import Formatter from 'wechatpay-axios-plugin/lib/formatter.js';
import Rsa from 'wechatpay-axios-plugin/lib/rsa.js';
import { z } from 'zod';
import type { Micros } from '../../shared/money.ts';
import type { BillKind, OpenBill } from './wechat-bill.ts';
import { signatureFault } from './wechat-signature.ts';
import type { WechatSettings } from './wechat-settings.ts';
import {
  BillAddress,
  centsOf,
  chinaTime,
  Prepaid,
  WechatError,
  WechatRefund,
  WechatTransaction,
} from './wechat-wire.ts';

export type WechatReply<T> =
  | { readonly kind: 'ok'; readonly body: T }
  /** WeChat's own signed refusal; `code` is WeChat's, such as `ORDER_NOT_EXIST`. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** No answer that can be trusted: what was asked for may have been done, or not. */
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface Prepayment {
  readonly outTradeNo: string;
  readonly amount: Micros;
  readonly description: string;
  readonly expiresAtMs: number;
}

export interface RefundRequest {
  readonly outTradeNo: string;
  /** The same one again is the same refund. */
  readonly outRefundNo: string;
  readonly amount: Micros;
  readonly total: Micros;
  readonly reason: string;
}

export interface WechatClient {
  prepay(order: Prepayment): Promise<WechatReply<z.infer<typeof Prepaid>>>;
  query(outTradeNo: string): Promise<WechatReply<WechatTransaction>>;
  close(outTradeNo: string): Promise<WechatReply<undefined>>;
  refund(refund: RefundRequest): Promise<WechatReply<z.infer<typeof WechatRefund>>>;
  queryRefund(outRefundNo: string): Promise<WechatReply<z.infer<typeof WechatRefund>>>;
  /** The bill of a day such as `2026-11-21`, in China; null where WeChat has none, for nothing happened on it. */
  openBill(kind: BillKind, day: string): Promise<WechatReply<OpenBill | null>>;
}

const answerMsMax = 10_000;
const answerBytesMax = 256 * 1024;
/** WeChat cuts a longer reason off. */
const reasonCharactersMax = 80;

/** From its first byte to its last. */
const billMsMax = 15 * 60_000;
const billPaths = {
  trade: (day: string) => `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL&tar_type=GZIP`,
  funds: (day: string) => `/v3/bill/fundflowbill?bill_date=${day}&account_type=BASIC&tar_type=GZIP`,
} as const satisfies Record<BillKind, unknown>;

const refundsPath = '/v3/refund/domestic/refunds';

function orderPath(outTradeNo: string): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}`;
}

export function createWechatClient(settings: WechatSettings, clock: () => number): WechatClient {
  const http = axios.create({
    timeout: answerMsMax,
    maxContentLength: answerBytesMax,
    maxRedirects: 0,
    responseType: 'text',
    // As it came: the signature is over the text.
    transformResponse: (text: unknown) => text,
    validateStatus: () => true,
  });

  const ask = async <T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    content?: object,
  ): Promise<WechatReply<T>> => {
    const body = content === undefined ? '' : JSON.stringify(content);
    try {
      const response = await http.request<string>({
        method,
        url: `${settings.baseUrl}${path}`,
        headers: headersOf(settings, method, path, body, clock()),
        signal: AbortSignal.timeout(answerMsMax),
        ...(body === '' ? {} : { data: body }),
        ...direct(settings.baseUrl),
      });
      return interpret(settings, response, schema, clock());
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error;
      return { kind: 'unreachable', reason: error.code ?? 'no answer' };
    }
  };

  /** The file that a signed answer names; it bears no signature of its own, so its hash is what counts. */
  const fetchBill = async (address: z.infer<typeof BillAddress>): Promise<WechatReply<OpenBill>> => {
    const url = new URL(address.download_url);
    if (!isWechats(url, settings.baseUrl)) return { kind: 'unreachable', reason: 'a bill somewhere else' };
    try {
      const response = await http.request<Readable>({
        method: 'GET',
        url: url.href,
        headers: headersOf(settings, 'GET', `${url.pathname}${url.search}`, '', clock()),
        responseType: 'stream',
        decompress: false,
        maxContentLength: Number.POSITIVE_INFINITY,
        signal: AbortSignal.timeout(billMsMax),
        ...direct(settings.baseUrl),
      });
      if (response.status === 200)
        return { kind: 'ok', body: { sha1: address.hash_value, packed: response.data } };
      response.data.destroy();
      return { kind: 'unreachable', reason: `${response.status} for a bill` };
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error;
      return { kind: 'unreachable', reason: error.code ?? 'no bill' };
    }
  };

  const { mchid, appid } = settings;
  return {
    async openBill(kind, day) {
      const reply = await ask('GET', billPaths[kind](day), BillAddress);
      if (reply.kind === 'ok') return fetchBill(reply.body);
      const nothing = reply.kind === 'refused' && reply.code === 'NO_STATEMENT_EXIST';
      return nothing ? { kind: 'ok', body: null } : reply;
    },
    prepay: ({ outTradeNo, amount, description, expiresAtMs }) =>
      ask('POST', '/v3/pay/transactions/native', Prepaid, {
        appid,
        mchid,
        description,
        out_trade_no: outTradeNo,
        time_expire: chinaTime(expiresAtMs),
        notify_url: settings.notifyUrl,
        amount: { total: centsOf(amount), currency: 'CNY' },
      }),
    query: (outTradeNo) => ask('GET', `${orderPath(outTradeNo)}?mchid=${mchid}`, WechatTransaction),
    close: (outTradeNo) => ask('POST', `${orderPath(outTradeNo)}/close`, z.undefined(), { mchid }),
    refund: ({ outTradeNo, outRefundNo, amount, total, reason }) =>
      ask('POST', refundsPath, WechatRefund, {
        out_trade_no: outTradeNo,
        out_refund_no: outRefundNo,
        reason: reason.slice(0, reasonCharactersMax),
        notify_url: settings.notifyUrl,
        amount: { refund: centsOf(amount), total: centsOf(total), currency: 'CNY' },
      }),
    queryRefund: (outRefundNo) =>
      ask('GET', `${refundsPath}/${encodeURIComponent(outRefundNo)}`, WechatRefund),
  };
}

/** No proxy stands between a machine and itself. */
function direct(baseUrl: string): { readonly proxy?: false } {
  return /^https?:\/\/127\./.test(baseUrl) ? { proxy: false } : {};
}

/** Nobody else is shown the merchant's signature. */
function isWechats(url: URL, baseUrl: string): boolean {
  if (url.origin === new URL(baseUrl).origin) return true;
  return url.protocol === 'https:' && /(?:^|\.)mch\.weixin\.qq\.com$/.test(url.hostname);
}

function headersOf(
  { mchid, merchantKey, merchantSerial, publicKeyId }: WechatSettings,
  method: string,
  path: string,
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1_000);
  const nonce = Formatter.nonce();
  const signature = Rsa.sign(Formatter.request(method, path, timestamp, nonce, body), merchantKey);
  return {
    Accept: 'application/json',
    'Accept-Language': 'zh-CN',
    'Content-Type': 'application/json',
    'User-Agent': 'zhangtai',
    Authorization: Formatter.authorization(mchid, nonce, signature, timestamp, merchantSerial),
    ...(publicKeyId === null ? {} : { 'Wechatpay-Serial': publicKeyId }),
  };
}

function interpret<T>(
  settings: WechatSettings,
  { status, headers, data }: AxiosResponse<string>,
  schema: z.ZodType<T>,
  nowMs: number,
): WechatReply<T> {
  const fault = signatureFault(settings.platformKeys, headers, data, nowMs);
  const json = data === '' ? undefined : readJson(data);
  const refusal = status < 200 || status > 299 ? WechatError.safeParse(json) : null;
  // What is not signed may come from anything on the way. Its code is worth a line in the log, and nothing else.
  if (fault !== null)
    return { kind: 'unreachable', reason: `${status} ${refusal?.data?.code ?? ''} without a good ${fault}` };
  if (refusal !== null)
    return { kind: 'refused', status, code: refusal.success ? refusal.data.code : 'UNKNOWN' };
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { kind: 'unreachable', reason: `${status} with another body` };
  return { kind: 'ok', body: parsed.data };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // No schema takes it.
  }
}
