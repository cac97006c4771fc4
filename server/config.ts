/**
 * The server's settings, from its arguments and environment. It finds everything that is wrong with them at once
 * and says so in sentences; it must never print a secret or a database address, which may hold a password.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isIP, isIPv4 } from 'node:net';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parseYuan, yuanText, type Micros } from '../shared/money.ts';
import { secondPersonDefault, type SecondPersonRules } from './asking.ts';
import type { Keep } from './jobs.ts';
import { readBackups, type BackupSettings } from './backups/backup-settings.ts';
import { KeyRing, KeysUnusable } from './protection/key-ring.ts';
import {
  readWechat,
  rechargeMaxDefault,
  rechargeMinDefault,
  wechatBaseUrlDefault,
  type WechatSettings,
} from './payments/wechat-settings.ts';

/** Keys as they were given, a file of them, or a folder in which the file is made; null: with the embedded database. */
export type KeyPlace =
  | { readonly ring: KeyRing }
  | { readonly file: string }
  | { readonly folder: string }
  | null;

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly demo: boolean;
  /** PostgreSQL when given. */
  readonly databaseUrl: string | null;
  /** The embedded database's folder when there is no `databaseUrl`; null keeps everything in memory. */
  readonly dataDir: string | null;
  /** With what values are sealed. */
  readonly keys: KeyPlace;
  /** Which acts one person may not do alone. */
  readonly secondPersonRules: SecondPersonRules;
  readonly keep: Keep;
  /** The zone that the business cuts its days and months in, whatever zones accounts have. */
  readonly businessZone: string;
  /** Given, or made once and kept in the database. */
  readonly jwtSecret: string | null;
  /** Whoever has it may read the metrics; without one they are for this machine alone. */
  readonly metricsToken: string | null;
  /** Proxies, as addresses or networks, whose word on who asks (`X-Forwarded-For`) is taken; empty: nobody's. */
  readonly trustedProxies: readonly string[];
  /** Through which alerts are mailed; null: they are told on the screen alone. */
  readonly mail: { readonly smtpUrl: string; readonly from: string } | null;
  /** By which recharges are paid; null: they are not offered, unless it is a demo with its sandbox. */
  readonly wechat: WechatSettings | null;
  /** Where backups go, and sealed with what; null: nobody makes any but by hand. */
  readonly backups: BackupSettings | null;
  readonly logLevel: LogLevel;
  /** Where the log goes; null is stderr. */
  readonly logFile: string | null;
}

const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);
type LogLevel = z.infer<typeof LogLevel>;

export const portDefault = 7420;
const keepSignInsDaysDefault = 400;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
export const businessZoneDefault = 'Asia/Shanghai';
/** Characters of a signing secret: 256 bits as hex are 64, as base64 43. */
const jwtSecretLengthMin = 32;
const metricsTokenLengthMin = 16;

export const usage = `Usage: node server/start.ts [options]              serve
       node server/start.ts COMMAND [options]      do one thing and end; --help after a command tells more
  --port N         port to listen on, 0 for a free one (${portDefault})
  --host H         address to listen on (127.0.0.1)
  --data-dir DIR   folder of the embedded database, when DATABASE_URL does not name a PostgreSQL
  --demo           accounts and history to try things with; on a loopback address only
Environment:
  DATABASE_URL         postgresql://user:password@host/database
  ZHANGTAI_KEYS        seal addresses and secrets in the database: name:base64 of 32 bytes, newest first, with commas between
  ZHANGTAI_KEY_FILE    a file of such keys, a line each, that its owner alone may read
  ZHANGTAI_JWT_SECRET  signs access tokens, ${jwtSecretLengthMin} characters or more
  ZHANGTAI_ADJUSTMENT_ALONE_MAX  yuan that one finance person may correct alone (${yuanText(secondPersonDefault.adjustmentAloneMax)})
  ZHANGTAI_REFUND_ALONE_MAX  yuan that one person may refund alone (${yuanText(secondPersonDefault.refundAloneMax)})
  ZHANGTAI_GRANT_ALONE_MAX  units that one person may grant alone (${secondPersonDefault.grantAloneMax})
  ZHANGTAI_ALONE_HOURS  hours for which what one person did alone counts together (${secondPersonDefault.aloneWindowMs / hourMs})
  ZHANGTAI_ALONE_IN_ALL  times these limits that one person may do alone on all accounts (${secondPersonDefault.aloneInAllTimes})
  ZHANGTAI_PRICE_CHANGES  alone, or second_person: who may change prices and what is sold (alone)
  ZHANGTAI_APPROVAL_DAYS  how long a request waits for a second person (${secondPersonDefault.waitMsMax / dayMs})
  ZHANGTAI_KEEP_AUDIT_DAYS  how long the audit log is kept (for ever)
  ZHANGTAI_KEEP_SIGN_INS_DAYS  how long sign-ins that are over are kept (${keepSignInsDaysDefault})
  ZHANGTAI_TIME_ZONE   the zone that reports cut days and months in (${businessZoneDefault})
  ZHANGTAI_METRICS_TOKEN  bearer token for /metrics, ${metricsTokenLengthMin} characters or more; without one, this machine only
  ZHANGTAI_TRUSTED_PROXIES  addresses or networks whose X-Forwarded-For counts, such as 127.0.0.1,10.0.0.0/8; none
  ZHANGTAI_SMTP_URL    smtp://user:password@host:port, or smtps://, to send alerts by mail
  ZHANGTAI_MAIL_FROM   the sender of that mail, such as billing@example.com
  WECHAT_MCHID         merchant number; from here on, what recharges by WeChat Pay need (docs/wechat-pay.md)
  WECHAT_APPID         app id that is bound to the merchant
  WECHAT_API_V3_KEY    32 characters, set at WeChat's merchant platform
  WECHAT_MERCHANT_KEY_FILE  the merchant's private key, apiclient_key.pem
  WECHAT_MERCHANT_SERIAL  serial number of the merchant's certificate
  WECHAT_PUBLIC_KEY_FILE  WeChat Pay's public key, pub_key.pem
  WECHAT_PUBLIC_KEY_ID  its id, PUB_KEY_ID_…
  WECHAT_CERTIFICATE_FILES  platform certificates, beside the public key or instead of it, with commas between
  WECHAT_NOTIFY_URL    where WeChat reaches this server: https://…/api/payments/wechat/notify
  WECHAT_BASE_URL      ${wechatBaseUrlDefault}
  WECHAT_RECHARGE_MIN  yuan of the smallest recharge (${yuanText(rechargeMinDefault)})
  WECHAT_RECHARGE_MAX  yuan of the largest recharge (${yuanText(rechargeMaxDefault)})
  ZHANGTAI_BACKUP_DIR  folder for a backup each day; none are made without one
  ZHANGTAI_BACKUP_KEY_FILE  what backups are sealed with, a line of 32 bytes in base64 each; the first one seals
  ZHANGTAI_BACKUP_AT   when, in China (03:30)
  ZHANGTAI_BACKUP_KEEP  days, weeks and months of which the newest is kept (7d5w12m)
  ZHANGTAI_LOG_LEVEL   ${LogLevel.options.join(', ')} (warn)
  ZHANGTAI_LOG_FILE    where the log goes instead of stderr`;

const argumentTypes = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  demo: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

export type ParsedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings; `argv` is what follows the script's name. */
export function parseConfig(argv: readonly string[], env: Environment): ParsedConfig {
  const problems: string[] = [];
  const given = readArguments(argv, problems);
  if (given.has('help')) return { kind: 'help' };

  const host = given.get('host') ?? '127.0.0.1';
  const port = readPort(given.get('port'), problems);
  const demo = given.has('demo');
  if (demo && !isLoopback(host))
    problems.push(
      `--demo has well-known passwords, so it is refused on ${host}: only a loopback address will do.`,
    );

  const place = readDatabasePlace({ given: given.get('data-dir'), demo, env }, problems);
  const jwtSecret = env['ZHANGTAI_JWT_SECRET'] || null;
  if (jwtSecret !== null && jwtSecret.length < jwtSecretLengthMin)
    problems.push(`ZHANGTAI_JWT_SECRET is too short: it needs ${jwtSecretLengthMin} characters or more.`);
  const secondPersonRules = readSecondPersonRules(env, problems);
  const keep = readKeep(env, problems);
  const businessZone = readBusinessZone(env, problems);
  const metricsToken = env['ZHANGTAI_METRICS_TOKEN'] || null;
  if (metricsToken !== null && metricsToken.length < metricsTokenLengthMin)
    problems.push(
      `ZHANGTAI_METRICS_TOKEN is too short: it needs ${metricsTokenLengthMin} characters or more.`,
    );
  const trustedProxies = readTrustedProxies(env['ZHANGTAI_TRUSTED_PROXIES'], problems);
  const mail = readMail(env, problems);
  const wechat = readWechat(env, problems);
  const backups = readBackups(env, problems);
  const logLevel = LogLevel.safeParse(env['ZHANGTAI_LOG_LEVEL'] || 'warn');
  if (!logLevel.success) problems.push(`ZHANGTAI_LOG_LEVEL must be one of: ${LogLevel.options.join(', ')}.`);
  const logFile = env['ZHANGTAI_LOG_FILE'] || null;

  if (problems.length > 0 || !logLevel.success) return { kind: 'problems', problems };
  return {
    kind: 'config',
    config: {
      host,
      port,
      demo,
      ...place,
      secondPersonRules,
      keep,
      businessZone,
      jwtSecret,
      metricsToken,
      trustedProxies,
      mail,
      wechat,
      backups,
      logLevel: logLevel.data,
      logFile,
    },
  };
}

/** Every option with its text, `''` for a flag; anything that is not an option of ours becomes a problem. */
function readArguments(argv: readonly string[], problems: string[]): Map<string, string> {
  const given = new Map<string, string>();
  const { tokens } = parseArgs({
    args: [...argv],
    options: argumentTypes,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`"${token.value}" is not an option.`);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(argumentTypes, token.name)
      ? argumentTypes[token.name as keyof typeof argumentTypes].type
      : null;
    if (type === null) problems.push(`There is no option ${token.rawName}.`);
    else if (type === 'string' && !token.value) problems.push(`${token.rawName} needs a value.`);
    else if (type === 'boolean' && token.value !== undefined)
      problems.push(`${token.rawName} takes no value.`);
    else given.set(token.name, token.value ?? '');
  }
  return given;
}

function readPort(text: string | undefined, problems: string[]): number {
  if (text === undefined) return portDefault;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  problems.push(`--port must be a whole number from 0 to 65535, not "${text}".`);
  return portDefault;
}

export type DatabasePlace = Pick<Config, 'databaseUrl' | 'dataDir' | 'keys'>;

/** Where the data is: the PostgreSQL of DATABASE_URL, or a folder. The commands read it the same way. */
export function readDatabasePlace(
  from: { readonly given: string | undefined; readonly demo: boolean; readonly env: Environment },
  problems: string[],
): DatabasePlace {
  const databaseUrl = readDatabaseUrl(from.env['DATABASE_URL'], problems);
  const dataDir = dataDirOf(from.given, { ...from, databaseUrl });
  return { databaseUrl, dataDir, keys: readKeyPlace({ ...from, databaseUrl }, problems) };
}

function readKeyPlace(
  from: {
    readonly given: string | undefined;
    readonly databaseUrl: string | null;
    readonly env: Environment;
  },
  problems: string[],
): KeyPlace {
  const { given, databaseUrl, env } = from;
  const text = env['ZHANGTAI_KEYS'] || null;
  const file = env['ZHANGTAI_KEY_FILE'] || null;
  if (text !== null && file !== null)
    problems.push('ZHANGTAI_KEYS and ZHANGTAI_KEY_FILE say the same thing: give one of them.');
  if (file !== null) return { file: resolve(file) };
  if (text === null) return databaseUrl === null ? null : { folder: resolve(given ?? homeFolder(env)) };
  try {
    return { ring: KeyRing.parse(text) };
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    problems.push(`ZHANGTAI_KEYS cannot be used: ${error.message}`);
    return null;
  }
}

function readMail(env: Environment, problems: string[]): Config['mail'] {
  const smtpUrl = env['ZHANGTAI_SMTP_URL'] || null;
  const from = env['ZHANGTAI_MAIL_FROM'] || null;
  if (smtpUrl === null && from === null) return null;
  if (smtpUrl === null || from === null) {
    problems.push('ZHANGTAI_SMTP_URL and ZHANGTAI_MAIL_FROM belong together: give both or neither.');
    return null;
  }
  const url = URL.parse(smtpUrl);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    problems.push('ZHANGTAI_SMTP_URL is not an SMTP address such as smtp://user:password@host:587.');
  if (!/^(?:[^\r\n<>]*<)?[^\s<>@]+@[^\s<>@]+>?$/.test(from))
    problems.push('ZHANGTAI_MAIL_FROM is not a sender such as billing@example.com.');
  return { smtpUrl, from };
}

function readTrustedProxies(text: string | undefined, problems: string[]): string[] {
  const proxies = (text ?? '').split(',').map((part) => part.trim());
  const named = proxies.filter((proxy) => proxy !== '');
  for (const proxy of named.filter((part) => !isNetwork(part)))
    problems.push(`ZHANGTAI_TRUSTED_PROXIES has "${proxy}", which is neither an address nor a network.`);
  return named;
}

/** An address, or a network such as 10.0.0.0/8. Not everybody: then each caller would say who it is. */
function isNetwork(text: string): boolean {
  const { address = '', bits } = /^(?<address>[^/]+)(?:\/(?<bits>\d{1,3}))?$/.exec(text)?.groups ?? {};
  const version = isIP(address);
  if (version === 0 || bits === undefined) return version !== 0;
  return Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

function readDatabaseUrl(text: string | undefined, problems: string[]): string | null {
  if (!text) return null;
  const url = URL.parse(text);
  if (url !== null && /^postgres(?:ql)?:$/.test(url.protocol)) return text;
  problems.push('DATABASE_URL is not a PostgreSQL address such as postgresql://user:password@host/database.');
  return null;
}

/** An IANA name, such as Asia/Shanghai. */
export function readBusinessZone(env: Environment, problems: string[]): string {
  const zone = env['ZHANGTAI_TIME_ZONE'] || businessZoneDefault;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(
      `ZHANGTAI_TIME_ZONE has ${JSON.stringify(zone)}, which is not a zone such as Asia/Shanghai.`,
    );
    return businessZoneDefault;
  }
}

function readYuan(
  of: { readonly name: string; readonly otherwise: Micros; readonly env: Environment },
  problems: string[],
): Micros {
  const { name, otherwise, env } = of;
  const text = env[name];
  if (!text) return otherwise;
  const amount = parseYuan(text);
  if (amount !== null && amount >= 0n) return amount;
  problems.push(`${name} must be an amount in yuan such as 1000.00, zero or more.`);
  return otherwise;
}

/** Whole days, as milliseconds. */
function readDays<Otherwise extends number | null>(
  of: { readonly name: string; readonly otherwiseMs: Otherwise; readonly env: Environment },
  problems: string[],
): number | Otherwise {
  const { name, otherwiseMs, env } = of;
  const text = env[name];
  if (!text) return otherwiseMs;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text) * dayMs;
  problems.push(`${name} must be a number of days, 1 or more.`);
  return otherwiseMs;
}

/** The commands read it the same way. */
export function readKeep(env: Environment, problems: string[]): Keep {
  const signInsMs = keepSignInsDaysDefault * dayMs;
  return {
    auditMs: readDays({ name: 'ZHANGTAI_KEEP_AUDIT_DAYS', otherwiseMs: null, env }, problems),
    signInsMs: readDays({ name: 'ZHANGTAI_KEEP_SIGN_INS_DAYS', otherwiseMs: signInsMs, env }, problems),
  };
}

function readSecondPersonRules(env: Environment, problems: string[]): SecondPersonRules {
  const { adjustmentAloneMax, refundAloneMax, grantAloneMax, waitMsMax: otherwiseMs } = secondPersonDefault;
  const units = env['ZHANGTAI_GRANT_ALONE_MAX'] || String(grantAloneMax);
  const changes = env['ZHANGTAI_PRICE_CHANGES'] || 'alone';
  const isUnits = /^\d{1,12}$/.test(units);
  if (!isUnits) problems.push('ZHANGTAI_GRANT_ALONE_MAX must be a whole number of units, zero or more.');
  if (changes !== 'alone' && changes !== 'second_person')
    problems.push('ZHANGTAI_PRICE_CHANGES must be alone or second_person.');
  const yuanOf = (name: string, otherwise: Micros) => readYuan({ name, otherwise, env }, problems);
  const wholeOf = (name: string, otherwise: bigint): bigint => {
    const text = env[name] || String(otherwise);
    if (/^[1-9]\d{0,3}$/.test(text)) return BigInt(text);
    problems.push(`${name} must be a whole number, 1 or more.`);
    return otherwise;
  };
  const hours = BigInt(secondPersonDefault.aloneWindowMs / hourMs);
  return {
    adjustmentAloneMax: yuanOf('ZHANGTAI_ADJUSTMENT_ALONE_MAX', adjustmentAloneMax),
    refundAloneMax: yuanOf('ZHANGTAI_REFUND_ALONE_MAX', refundAloneMax),
    grantAloneMax: isUnits ? BigInt(units) : grantAloneMax,
    aloneWindowMs: Number(wholeOf('ZHANGTAI_ALONE_HOURS', hours)) * hourMs,
    aloneInAllTimes: wholeOf('ZHANGTAI_ALONE_IN_ALL', secondPersonDefault.aloneInAllTimes),
    priceChanges: changes === 'second_person',
    waitMsMax: readDays({ name: 'ZHANGTAI_APPROVAL_DAYS', otherwiseMs, env }, problems),
  };
}

/** A demo that names no folder leaves nothing behind; a real server that names none keeps its data at home. */
function dataDirOf(
  given: string | undefined,
  others: { readonly databaseUrl: string | null; readonly demo: boolean; readonly env: Environment },
): string | null {
  if (others.databaseUrl !== null) return null;
  if (given !== undefined) return resolve(given);
  if (others.demo) return null;
  return homeFolder(others.env);
}

function homeFolder(env: Environment): string {
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'zhangtai-server');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
