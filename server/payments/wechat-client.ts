/**
 * Asks WeChat Pay (API v3, Native): every request signed, every answer that is acted on checked for WeChat's signature.
 * It decides nothing about money, and no key may ever be part of what it throws or returns.
 */
import axios, { type AxiosResponse } from 'axios';
import Formatter from 'wechatpay-axios-plugin/lib/formatter.js';
import Rsa from 'wechatpay-axios-plugin/lib/rsa.js';
import { z } from 'zod';
import type { Micros } from '../../shared/money.ts';
import { signatureFault } from './wechat-signature.ts';
import type { WechatSettings } from './wechat-settings.ts';
import { centsOf, chinaTime, Prepaid, WechatError, WechatRefund, WechatTransaction } from './wechat-wire.ts';

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
}

const answerMsMax = 10_000;
const answerBytesMax = 256 * 1024;
/** WeChat cuts a longer reason off. */
const reasonCharactersMax = 80;

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
        ...(/^https?:\/\/127\./.test(settings.baseUrl) ? { proxy: false as const } : {}),
      });
      return interpret(settings, response, schema, clock());
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error;
      return { kind: 'unreachable', reason: error.code ?? 'no answer' };
    }
  };

  const { mchid, appid } = settings;
  return {
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
