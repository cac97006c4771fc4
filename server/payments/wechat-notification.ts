/**
 * Opens a notification of WeChat's: the signature over the body as it came, then the cipher with its tag, then what is
 * in it. It must never act on one, and nothing of one may be believed that was not signed.
 */
import Aes from 'wechatpay-axios-plugin/lib/aes.js';
import type { z } from 'zod';
import { signatureFault, type SignatureFault, type SignatureHeaders } from './wechat-signature.ts';
import type { WechatSettings } from './wechat-settings.ts';
import { Notification, WechatRefundNotice, WechatTransaction } from './wechat-wire.ts';

export type Opened =
  | { readonly kind: 'paid'; readonly nonce: string; readonly transaction: WechatTransaction }
  | { readonly kind: 'refund'; readonly nonce: string; readonly refund: z.infer<typeof WechatRefundNotice> }
  /** WeChat's word, but not of an event that anything here waits for. */
  | { readonly kind: 'other'; readonly eventType: string }
  | { readonly kind: 'refused'; readonly fault: SignatureFault | 'body' | 'cipher' | 'merchant' };

type Reading = Pick<WechatSettings, 'platformKeys' | 'apiV3Key' | 'mchid' | 'appid'>;

export function openNotification(
  settings: Reading,
  headers: SignatureHeaders,
  body: string,
  nowMs: number,
): Opened {
  const fault = signatureFault(settings.platformKeys, headers, body, nowMs);
  if (fault !== null) return { kind: 'refused', fault };
  const parsed = Notification.safeParse(jsonOf(body));
  if (!parsed.success) return { kind: 'refused', fault: 'body' };
  const { event_type: eventType, resource } = parsed.data;
  const plain = decrypted(resource, settings.apiV3Key);
  if (plain === null) return { kind: 'refused', fault: 'cipher' };
  const nonce = String(headers['wechatpay-nonce']);
  if (eventType === 'TRANSACTION.SUCCESS') return paid(settings, nonce, jsonOf(plain));
  if (/^REFUND\.(?:SUCCESS|ABNORMAL|CLOSED)$/.test(eventType))
    return refunded(settings, nonce, jsonOf(plain));
  return { kind: 'other', eventType };
}

function paid({ mchid, appid }: Reading, nonce: string, plain: unknown): Opened {
  const transaction = WechatTransaction.safeParse(plain);
  if (!transaction.success) return { kind: 'refused', fault: 'body' };
  const mine = transaction.data.mchid === mchid && transaction.data.appid === appid;
  return mine
    ? { kind: 'paid', nonce, transaction: transaction.data }
    : { kind: 'refused', fault: 'merchant' };
}

function refunded({ mchid }: Reading, nonce: string, plain: unknown): Opened {
  const refund = WechatRefundNotice.safeParse(plain);
  if (!refund.success) return { kind: 'refused', fault: 'body' };
  return refund.data.mchid === mchid
    ? { kind: 'refund', nonce, refund: refund.data }
    : { kind: 'refused', fault: 'merchant' };
}

/** Null where the tag does not fit: the text was altered, or another key made it. */
function decrypted(
  { ciphertext, nonce, associated_data: associated = '' }: z.infer<typeof Notification>['resource'],
  apiV3Key: string,
): string | null {
  try {
    return Aes.AesGcm.decrypt(ciphertext, apiV3Key, nonce, associated);
  } catch {
    return null; // Refused as `cipher`.
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The schema that it is held against says no.
  }
}
