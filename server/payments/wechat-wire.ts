/**
 * WeChat Pay's JSON, API v3, as far as it is read here. Fields that nobody reads are let through; amounts are whole
 * cents in a JSON number, as WeChat has them, and become micro-yuan here and nowhere else.
 */
import { z } from 'zod';
import { microsPerCent, type Micros } from '../../shared/money.ts';

const Cents = z.int().min(0);

/** An order as a query answers it, and as a notification of a payment carries it. */
export const WechatTransaction = z.looseObject({
  appid: z.string(),
  mchid: z.string(),
  out_trade_no: z.string(),
  /** Only once it is paid. */
  transaction_id: z.string().optional(),
  trade_state: z.string(),
  success_time: z.string().optional(),
  amount: z.looseObject({ total: Cents, currency: z.string().optional() }).optional(),
});
export type WechatTransaction = z.infer<typeof WechatTransaction>;

export const RefundStatus = z.enum(['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL']);
export type RefundStatus = z.infer<typeof RefundStatus>;
const refundAmount = z.looseObject({ total: Cents, refund: Cents });

/** A refund as it is answered. */
export const WechatRefund = z.looseObject({
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  status: RefundStatus,
  amount: refundAmount,
});
/** A refund as a notification carries it. */
export const WechatRefundNotice = z.looseObject({
  mchid: z.string(),
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  refund_status: RefundStatus,
  amount: refundAmount,
});

/** Where a bill is to be fetched, and what its text hashes to. */
export const BillAddress = z.looseObject({
  hash_type: z.literal('SHA1'),
  hash_value: z.string().regex(/^[0-9a-fA-F]{40}$/),
  download_url: z.url(),
});

export const Prepaid = z.looseObject({ code_url: z.string().min(1).max(512) });
export const WechatError = z.looseObject({ code: z.string(), message: z.string().optional() });

export const Notification = z.looseObject({
  id: z.string(),
  event_type: z.string(),
  resource: z.looseObject({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string(),
    associated_data: z.string().optional(),
    nonce: z.string(),
  }),
});

export function centsOf(amount: Micros): number {
  if (amount % microsPerCent !== 0n) throw new RangeError('WeChat knows whole cents only');
  return Number(amount / microsPerCent);
}

export function microsOf(cents: number): Micros {
  return BigInt(cents) * microsPerCent;
}

/** WeChat wants an offset, and shows times in China. */
export function chinaTime(ms: number): string {
  const eightHoursMs = 8 * 3_600_000;
  return `${new Date(ms + eightHoursMs).toISOString().slice(0, 19)}+08:00`;
}

const aheadSecondsMax = 300;

/** How far a signature's time may be off, either way. */
export function isRecent(timestamp: string, nowMs: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs / 1_000 - Number(timestamp)) <= aheadSecondsMax;
}
