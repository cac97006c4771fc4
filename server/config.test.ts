import { secondPersonDefault } from './asking.ts';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig, portDefault } from './config.ts';

test('without arguments the server listens on loopback and keeps its data in the home folder', () => {
  const parsed = parseConfig([], { XDG_DATA_HOME: '/somewhere' });
  expect(parsed).toEqual({
    kind: 'config',
    config: {
      host: '127.0.0.1',
      port: portDefault,
      demo: false,
      databaseUrl: null,
      dataDir: '/somewhere/zhangtai-server',
      keys: null,
      secondPersonRules: secondPersonDefault,
      keep: { auditMs: null, signInsMs: 400 * 86_400_000 },
      businessZone: 'Asia/Shanghai',
      jwtSecret: null,
      metricsToken: null,
      trustedProxies: [],
      mail: null,
      wechat: null,
      backups: null,
      logLevel: 'warn',
      logFile: null,
    },
  });
});

test('a demo that names no folder keeps nothing', () => {
  expect(parseConfig(['--demo', '--port=0'], {})).toMatchObject({ config: { dataDir: null, port: 0 } });
});

test('a half-set WeChat Pay is refused with everything that it lacks, and no key is repeated', () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-wechat-'));
  const [good, bad] = [join(folder, 'key.pem'), join(folder, 'bad.pem')];
  writeFileSync(good, key.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(bad, 'hunter2');
  try {
    expect(parseConfig([], { WECHAT_MCHID: 'shop', WECHAT_RECHARGE_MIN: '0.001' })).toEqual({
      kind: 'problems',
      problems: [
        'WECHAT_RECHARGE_MIN must be an amount in yuan and whole cents, 0.01 or more.',
        'WeChat Pay needs WECHAT_APPID, WECHAT_API_V3_KEY, WECHAT_MERCHANT_KEY_FILE, WECHAT_MERCHANT_SERIAL, WECHAT_NOTIFY_URL too.',
        'WeChat Pay needs WECHAT_PUBLIC_KEY_FILE or WECHAT_CERTIFICATE_FILES, to know its signature by.',
        'WECHAT_MCHID is not a merchant number.',
      ],
    });
    const whole = {
      WECHAT_MCHID: '1900000109',
      WECHAT_APPID: 'wxd678efh567hg6787',
      WECHAT_API_V3_KEY: 'x'.repeat(32),
      WECHAT_MERCHANT_KEY_FILE: good,
      WECHAT_MERCHANT_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
      WECHAT_PUBLIC_KEY_FILE: good,
      WECHAT_PUBLIC_KEY_ID: 'PUB_KEY_ID_01',
      WECHAT_NOTIFY_URL: 'https://billing.example.com/api/payments/wechat/notify',
    };
    expect(parseConfig([], whole)).toMatchObject({
      config: { wechat: { mchid: '1900000109', baseUrl: 'https://api.mch.weixin.qq.com' } },
    });
    const wrong = {
      ...whole,
      WECHAT_API_V3_KEY: 'hunter2',
      WECHAT_MERCHANT_KEY_FILE: bad,
      WECHAT_CERTIFICATE_FILES: join(folder, 'none.pem'),
      WECHAT_NOTIFY_URL: 'http://billing.example.com/notify?x=1',
    };
    expect(parseConfig([], wrong)).toEqual({
      kind: 'problems',
      problems: [
        'WECHAT_API_V3_KEY needs exactly 32 characters.',
        `WECHAT_MERCHANT_KEY_FILE: ${bad} does not hold what it should, in PEM.`,
        `WECHAT_CERTIFICATE_FILES: ${join(folder, 'none.pem')} cannot be read (ENOENT).`,
        'WECHAT_NOTIFY_URL must be an https:// address without a query.',
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('PostgreSQL leaves no data folder', () => {
  const url = 'postgresql://billing:secret@db.example/zhangtai';
  expect(parseConfig(['--data-dir', '/x'], { DATABASE_URL: url })).toMatchObject({
    config: { databaseUrl: url, dataDir: null },
  });
});

test('everything that is wrong is listed at once, and no secret is repeated', () => {
  const parsed = parseConfig(
    ['--port', '70000', '--demo', '--host', '0.0.0.0', '--verbose', 'now', '--data-dir'],
    {
      DATABASE_URL: 'mysql://root:hunter2@db/zhangtai',
      ZHANGTAI_JWT_SECRET: 'hunter2',
      ZHANGTAI_ADJUSTMENT_ALONE_MAX: '-1',
      ZHANGTAI_METRICS_TOKEN: 'hunter2',
      ZHANGTAI_TRUSTED_PROXIES: '127.0.0.1, everybody,0.0.0.0/0',
      ZHANGTAI_SMTP_URL: 'mail.example:25',
      ZHANGTAI_MAIL_FROM: 'hunter2',
      ZHANGTAI_LOG_LEVEL: 'loud',
    },
  );
  expect(parsed).toEqual({
    kind: 'problems',
    problems: [
      'There is no option --verbose.',
      '"now" is not an option.',
      '--data-dir needs a value.',
      '--port must be a whole number from 0 to 65535, not "70000".',
      '--demo has well-known passwords, so it is refused on 0.0.0.0: only a loopback address will do.',
      'DATABASE_URL is not a PostgreSQL address such as postgresql://user:password@host/database.',
      'ZHANGTAI_JWT_SECRET is too short: it needs 32 characters or more.',
      'ZHANGTAI_ADJUSTMENT_ALONE_MAX must be an amount in yuan such as 1000.00, zero or more.',
      'ZHANGTAI_METRICS_TOKEN is too short: it needs 16 characters or more.',
      'ZHANGTAI_TRUSTED_PROXIES has "everybody", which is neither an address nor a network.',
      'ZHANGTAI_TRUSTED_PROXIES has "0.0.0.0/0", which is neither an address nor a network.',
      'ZHANGTAI_SMTP_URL is not an SMTP address such as smtp://user:password@host:587.',
      'ZHANGTAI_MAIL_FROM is not a sender such as billing@example.com.',
      'ZHANGTAI_LOG_LEVEL must be one of: trace, debug, info, warn, error, fatal, silent.',
    ],
  });
});

test.each([['-1'], ['80a'], ['1e3'], ['']])('%j is not a port', (port) => {
  expect(parseConfig([`--port=${port}`], {})).toMatchObject({ kind: 'problems' });
});

test.each([['127.0.0.1'], ['127.8.8.8'], ['::1'], ['localhost']])('a demo may listen on %s', (host) => {
  expect(parseConfig(['--demo', '--host', host], {})).toMatchObject({ config: { host } });
});

test.each([
  ['127.0.0.1', ['127.0.0.1']],
  ['10.0.0.0/8, ::1,fd00::/8', ['10.0.0.0/8', '::1', 'fd00::/8']],
  [' ,', []],
])('%j trusts the proxies %j', (text, trustedProxies) => {
  expect(parseConfig([], { ZHANGTAI_TRUSTED_PROXIES: text })).toMatchObject({ config: { trustedProxies } });
});

test.each([['127.0.0.1/33'], ['10.0.0'], ['fd00::/129'], ['127.0.0.1/'], ['true'], ['::/0']])(
  '%j is not a proxy to trust',
  (text) => {
    expect(parseConfig([], { ZHANGTAI_TRUSTED_PROXIES: text })).toMatchObject({ kind: 'problems' });
  },
);

test('mail takes a server and a sender together', () => {
  const both = { ZHANGTAI_SMTP_URL: 'smtp://u:p@mail.example:587', ZHANGTAI_MAIL_FROM: '账台 <a@b.example>' };
  expect(parseConfig([], both)).toMatchObject({
    config: { mail: { smtpUrl: both.ZHANGTAI_SMTP_URL, from: both.ZHANGTAI_MAIL_FROM } },
  });
  expect(parseConfig([], { ZHANGTAI_SMTP_URL: both.ZHANGTAI_SMTP_URL })).toEqual({
    kind: 'problems',
    problems: ['ZHANGTAI_SMTP_URL and ZHANGTAI_MAIL_FROM belong together: give both or neither.'],
  });
});
