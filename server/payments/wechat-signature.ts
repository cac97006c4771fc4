/**
 * Whether something was signed by WeChat: its answers and its notifications are signed alike. It must be given the body
 * as it came over the wire, for a signature covers every byte of it.
 */
import Formatter from 'wechatpay-axios-plugin/lib/formatter.js';
import Rsa from 'wechatpay-axios-plugin/lib/rsa.js';
import type { PlatformKey } from './wechat-settings.ts';
import { isRecent } from './wechat-wire.ts';

/** What a header is called here, in lower case, as Node gives it. */
export type SignatureHeaders = Readonly<Record<string, unknown>>;
export type SignatureFault = 'headers' | 'time' | 'probe' | 'serial' | 'signature';

/** WeChat now and then sends wrong signatures, to see that they are refused: their text begins so. */
const probePrefix = 'WECHATPAY/SIGNTEST/';

/** Null when `body` is WeChat's own and not older, or newer, than five minutes. */
export function signatureFault(
  keys: ReadonlyMap<string, PlatformKey>,
  headers: SignatureHeaders,
  body: string,
  nowMs: number,
): SignatureFault | null {
  const serial = headers['wechatpay-serial'];
  const signature = headers['wechatpay-signature'];
  const timestamp = headers['wechatpay-timestamp'];
  const nonce = headers['wechatpay-nonce'];
  if (![serial, signature, timestamp, nonce].every((text) => typeof text === 'string' && text !== ''))
    return 'headers';
  if (String(signature).startsWith(probePrefix)) return 'probe';
  if (!isRecent(String(timestamp), nowMs)) return 'time';
  const known = keys.get(String(serial));
  if (known === undefined || nowMs >= known.untilMs) return 'serial';
  const signed = Formatter.response(String(timestamp), String(nonce), body);
  return Rsa.verify(signed, String(signature), known.key) ? null : 'signature';
}
