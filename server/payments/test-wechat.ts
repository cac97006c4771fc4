/**
 * WeChat's side of a notification for tests, written from WeChat's documentation with Node's cryptography and nothing of
 * the program's: what it signs is accepted because it is right, not because both sides share a mistake.
 */
import { createCipheriv, createSign, randomBytes, type KeyObject } from 'node:crypto';

export interface Sender {
  readonly serial: string;
  readonly privateKey: KeyObject;
  readonly apiV3Key: string;
}

export interface SignedNotification {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A notification that carries `resource`, signed at `nowMs`. */
export function signedNotification(
  sender: Sender,
  eventType: string,
  resource: object,
  nowMs: number,
): SignedNotification {
  const nonce = randomBytes(6).toString('hex');
  const associatedData = eventType.startsWith('REFUND') ? 'refund' : 'transaction';
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(sender.apiV3Key, 'utf8'), Buffer.from(nonce));
  cipher.setAAD(Buffer.from(associatedData));
  const sealed = Buffer.concat([
    cipher.update(Buffer.from(JSON.stringify(resource))),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  const body = JSON.stringify({
    id: `EV-${randomBytes(8).toString('hex')}`,
    create_time: '2026-11-21T10:00:00+08:00',
    event_type: eventType,
    resource_type: 'encrypt-resource',
    resource: {
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: sealed.toString('base64'),
      associated_data: associatedData,
      nonce,
      original_type: associatedData,
    },
    summary: '支付成功',
  });
  return { headers: signed(sender, body, nowMs), body };
}

/** The headers for a body, as they are documented: time, nonce and body, each with a line feed behind it. */
export function signed(
  sender: Pick<Sender, 'serial' | 'privateKey'>,
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = Math.floor(nowMs / 1_000).toString();
  const nonce = randomBytes(16).toString('hex');
  const signer = createSign('RSA-SHA256');
  signer.update(`${timestamp}\n${nonce}\n${body}\n`);
  return {
    'content-type': 'application/json',
    'wechatpay-serial': sender.serial,
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': signer.sign(sender.privateKey).toString('base64'),
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  };
}
