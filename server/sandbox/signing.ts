/**
 * WeChat's side of signing and encrypting, written from its documentation with Node's own cryptography: what tests the
 * server's side must not be made of it.
 */
import {
  createCipheriv,
  createVerify,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { makeCertificate } from './certificate.ts';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** What WeChat and a merchant have exchanged; made anew at each start and kept nowhere. */
export interface SandboxKeys {
  readonly mchid: string;
  readonly appid: string;
  readonly apiV3Key: string;
  readonly merchant: KeyPair;
  readonly merchantSerial: string;
  readonly platform: KeyPair;
  readonly publicKeyId: string;
  /** The older way beside it: a certificate with a key of its own. */
  readonly certified: KeyPair;
  readonly certificateSerial: string;
  readonly certificatePem: string;
}

const bits = 2048;
const certificateLifeMs = 5 * 365 * 86_400_000;

export function makeSandboxKeys(nowMs: number): SandboxKeys {
  const certified = pair();
  const certificateSerial = serialNumber();
  return {
    mchid: '1900000109',
    appid: 'wxd678efh567hg6787',
    apiV3Key: randomBytes(16).toString('hex'),
    merchant: pair(),
    merchantSerial: serialNumber(),
    platform: pair(),
    publicKeyId: `PUB_KEY_ID_01${randomBytes(16).toString('hex').replaceAll(/\D/g, '0')}`,
    certified,
    certificateSerial,
    certificatePem: makeCertificate({
      ...certified,
      serial: certificateSerial,
      fromMs: nowMs - 86_400_000,
      untilMs: nowMs + certificateLifeMs,
    }),
  };
}

function pair(): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: bits });
}

/** 40 digits of hex that begin with neither a sign nor a zero. */
function serialNumber(): string {
  return `5${randomBytes(20).toString('hex').slice(1)}`.toUpperCase();
}

/** The headers by which a merchant knows that `body` is WeChat's. */
export function signatureHeaders(
  { serial, key }: { readonly serial: string; readonly key: KeyObject },
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const nonce = randomBytes(16).toString('hex');
  return {
    'Wechatpay-Serial': serial,
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Signature': sign('sha256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), key).toString(
      'base64',
    ),
    'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
  };
}

/** Whether the merchant signed this request; `path` with its query. */
export function merchantSigned(
  keys: SandboxKeys,
  request: {
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly authorization: string;
  },
): boolean {
  const { scheme = '', parts = '' } =
    /^(?<scheme>\S+) (?<parts>.*)$/.exec(request.authorization)?.groups ?? {};
  if (scheme !== 'WECHATPAY2-SHA256-RSA2048') return false;
  const given = new Map([...parts.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  if (given.get('mchid') !== keys.mchid || given.get('serial_no') !== keys.merchantSerial) return false;
  const signed = [request.method, request.path, given.get('timestamp'), given.get('nonce_str'), request.body];
  return createVerify('RSA-SHA256')
    .update(signed.map((part) => `${part}\n`).join(''))
    .verify(keys.merchant.publicKey, given.get('signature') ?? '', 'base64');
}

/** A notification's `resource`. */
export function encrypted(apiV3Key: string, content: object, associated: string): Record<string, string> {
  const nonce = randomBytes(6).toString('hex');
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce).setAAD(Buffer.from(associated));
  const text = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
  return {
    original_type: associated,
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Buffer.concat([text, cipher.getAuthTag()]).toString('base64'),
    associated_data: associated,
    nonce,
  };
}
