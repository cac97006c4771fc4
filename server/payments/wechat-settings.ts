/**
 * The merchant's settings for WeChat Pay, from the environment and the key files that it names. It finds everything
 * that is wrong with them at once, and must never print a key or what stands in a file.
 */
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { microsPerCent, parseYuan, yuan, yuanText, type Micros } from '../../shared/money.ts';

/** A key that WeChat signs with, and until when it may. */
export interface PlatformKey {
  readonly key: KeyObject;
  /** Milliseconds since 1970; a public key, unlike a certificate, has no end. */
  readonly untilMs: number;
}

export interface WechatSettings {
  readonly mchid: string;
  readonly appid: string;
  /** 32 bytes; opens what notifications carry. */
  readonly apiV3Key: string;
  readonly merchantKey: KeyObject;
  readonly merchantSerial: string;
  /** By serial number, or by the id of a public key (`PUB_KEY_ID_…`): both may be in use side by side. */
  readonly platformKeys: ReadonlyMap<string, PlatformKey>;
  /** Of the public key, where there is one: requests name it, and WeChat signs with it then. */
  readonly publicKeyId: string | null;
  /** Read when an order is made: a sandbox knows it only then. */
  readonly notifyUrl: string;
  readonly baseUrl: string;
  readonly amountMin: Micros;
  readonly amountMax: Micros;
}

export const wechatBaseUrlDefault = 'https://api.mch.weixin.qq.com';
export const rechargeMinDefault = yuan('0.01');
export const rechargeMaxDefault = yuan('50000.00');

type Environment = Readonly<Record<string, string | undefined>>;
/** What is needed of all of it as soon as one is given. */
const needed = [
  'WECHAT_MCHID',
  'WECHAT_APPID',
  'WECHAT_API_V3_KEY',
  'WECHAT_MERCHANT_KEY_FILE',
  'WECHAT_MERCHANT_SERIAL',
  'WECHAT_NOTIFY_URL',
] as const;

/** Null where nothing of it is set: recharge is not offered then. */
export function readWechat(env: Environment, problems: string[]): WechatSettings | null {
  const given = Object.fromEntries(needed.map((name) => [name, env[name] || null]));
  const publicKeyFile = env['WECHAT_PUBLIC_KEY_FILE'] || null;
  const publicKeyId = env['WECHAT_PUBLIC_KEY_ID'] || null;
  const certificateFiles = listOf(env['WECHAT_CERTIFICATE_FILES']);
  const baseUrl = readUrl(env, 'WECHAT_BASE_URL', problems) ?? wechatBaseUrlDefault;
  const [amountMin, amountMax] = readLimits(env, problems);
  const all = [...Object.values(given), publicKeyFile, publicKeyId, ...certificateFiles];
  if (all.every((value) => value === null)) return null;

  const before = problems.length;
  const missing = needed.filter((name) => given[name] === null);
  if (missing.length > 0) problems.push(`WeChat Pay needs ${missing.join(', ')} too.`);
  if ((publicKeyFile === null) !== (publicKeyId === null))
    problems.push('WECHAT_PUBLIC_KEY_FILE and WECHAT_PUBLIC_KEY_ID belong together: give both or neither.');
  if (publicKeyFile === null && certificateFiles.length === 0)
    problems.push(
      'WeChat Pay needs WECHAT_PUBLIC_KEY_FILE or WECHAT_CERTIFICATE_FILES, to know its signature by.',
    );
  checkTexts(given, publicKeyId, problems);
  const merchantKey = readKeyFile(
    'WECHAT_MERCHANT_KEY_FILE',
    given,
    (text) => createPrivateKey(text),
    problems,
  );
  const platformKeys = readPlatformKeys({ publicKeyFile, publicKeyId, certificateFiles }, problems);
  const notifyUrl = readNotifyUrl(env, problems);
  if (problems.length > before || merchantKey === null || notifyUrl === null) return null;
  return {
    mchid: given['WECHAT_MCHID'] ?? '',
    appid: given['WECHAT_APPID'] ?? '',
    apiV3Key: given['WECHAT_API_V3_KEY'] ?? '',
    merchantKey,
    merchantSerial: given['WECHAT_MERCHANT_SERIAL'] ?? '',
    platformKeys,
    publicKeyId,
    notifyUrl,
    baseUrl,
    amountMin,
    amountMax,
  };
}

function checkTexts(
  given: Readonly<Record<string, string | null>>,
  publicKeyId: string | null,
  problems: string[],
): void {
  const check = (name: string, text: string | null | undefined, shape: RegExp, what: string): void => {
    if (text !== null && text !== undefined && !shape.test(text)) problems.push(`${name} ${what}.`);
  };
  check('WECHAT_MCHID', given['WECHAT_MCHID'], /^\d{6,32}$/, 'is not a merchant number');
  check('WECHAT_APPID', given['WECHAT_APPID'], /^[\w-]{6,32}$/, 'is not an app id');
  check('WECHAT_API_V3_KEY', given['WECHAT_API_V3_KEY'], /^[\x21-\x7e]{32}$/, 'needs exactly 32 characters');
  const serial = given['WECHAT_MERCHANT_SERIAL'];
  check('WECHAT_MERCHANT_SERIAL', serial, /^[0-9A-Fa-f]{8,64}$/, 'is not a serial number in hex');
  check('WECHAT_PUBLIC_KEY_ID', publicKeyId, /^PUB_KEY_ID_\w+$/, 'does not begin with PUB_KEY_ID_');
}

function readPlatformKeys(
  from: {
    readonly publicKeyFile: string | null;
    readonly publicKeyId: string | null;
    readonly certificateFiles: readonly string[];
  },
  problems: string[],
): ReadonlyMap<string, PlatformKey> {
  const keys = new Map<string, PlatformKey>();
  const files = { WECHAT_PUBLIC_KEY_FILE: from.publicKeyFile };
  const publicKey = readKeyFile('WECHAT_PUBLIC_KEY_FILE', files, (text) => createPublicKey(text), problems);
  if (publicKey !== null && from.publicKeyId !== null)
    keys.set(from.publicKeyId, { key: publicKey, untilMs: Number.POSITIVE_INFINITY });
  for (const file of from.certificateFiles) {
    const name = 'WECHAT_CERTIFICATE_FILES';
    const read = readKeyFile(name, { [name]: file }, (text) => platformCertificate(text), problems);
    if (read !== null) keys.set(read.serial, read);
  }
  return keys;
}

/** A platform certificate's serial number, as `Wechatpay-Serial` writes it, and its key. Throws on anything else. */
export function platformCertificate(pem: string): PlatformKey & { readonly serial: string } {
  const certificate = new X509Certificate(pem);
  return {
    serial: certificate.serialNumber.toUpperCase(),
    key: certificate.publicKey,
    untilMs: Date.parse(certificate.validTo),
  };
}

/** What `read` makes of the file that `name` names; null where none is named, or with a problem. */
function readKeyFile<T>(
  name: string,
  given: Readonly<Record<string, string | null>>,
  read: (text: string) => T,
  problems: string[],
): T | null {
  const file = given[name] ?? null;
  if (file === null) return null;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    problems.push(`${name}: ${file} cannot be read (${code}).`);
    return null;
  }
  try {
    return read(text);
  } catch {
    // What OpenSSL says could repeat a part of the file.
    problems.push(`${name}: ${file} does not hold what it should, in PEM.`);
    return null;
  }
}

/** WeChat refuses addresses with a query, and plain HTTP but from a machine to itself. */
function readNotifyUrl(env: Environment, problems: string[]): string | null {
  const text = readUrl(env, 'WECHAT_NOTIFY_URL', problems);
  if (text === null) return null;
  const url = new URL(text);
  const here = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/.test(url.hostname);
  if (url.search === '' && url.hash === '' && (url.protocol === 'https:' || here)) return text;
  problems.push('WECHAT_NOTIFY_URL must be an https:// address without a query.');
  return null;
}

function readUrl(env: Environment, name: string, problems: string[]): string | null {
  const text = env[name] || null;
  if (text === null) return null;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/$/, '');
  problems.push(`${name} is not an address such as https://example.com/path.`);
  return null;
}

function readLimits(env: Environment, problems: string[]): readonly [Micros, Micros] {
  const read = (name: string, otherwise: Micros): Micros => {
    const text = env[name] || null;
    const amount = text === null ? otherwise : parseYuan(text);
    if (amount !== null && amount >= rechargeMinDefault && amount % microsPerCent === 0n) return amount;
    problems.push(
      `${name} must be an amount in yuan and whole cents, ${yuanText(rechargeMinDefault)} or more.`,
    );
    return otherwise;
  };
  const amountMin = read('WECHAT_RECHARGE_MIN', rechargeMinDefault);
  const amountMax = read('WECHAT_RECHARGE_MAX', rechargeMaxDefault);
  if (amountMin > amountMax) problems.push('WECHAT_RECHARGE_MIN is above WECHAT_RECHARGE_MAX.');
  return [amountMin, amountMax];
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
