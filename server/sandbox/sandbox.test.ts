/** What the sandbox does as WeChat would: it repeats its notifications, and writes bills that WeChat's readers take. */
import { createHash, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import Formatter from 'wechatpay-axios-plugin/lib/formatter.js';
import { retrySeconds } from './notifier.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import type { Trade } from './trades.ts';

const nowMs = Date.parse('2026-11-20T17:30:00.000Z'); // 01:30 on the 21st in China
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: () => nowMs, timeScale: 0.002, refundMs: null });
});
afterAll(() => sandbox.close());

function newTrade(total: number, notifyUrl = ''): Trade {
  const outTradeNo = randomBytes(16).toString('hex');
  const expiresAtMs = nowMs + 60_000;
  const trade = sandbox.trades.prepay({ outTradeNo, description: '充值', total, notifyUrl, expiresAtMs });
  if ('code' in trade) throw new Error(trade.code);
  return trade;
}

/** As a merchant asks, signed by WeChat's documentation. */
async function ask(path: string): Promise<Response> {
  const { keys } = sandbox;
  const [timestamp, nonce] = [String(Math.floor(nowMs / 1_000)), randomBytes(8).toString('hex')];
  const text = `GET\n${path}\n${timestamp}\n${nonce}\n\n`;
  const signature = sign('sha256', Buffer.from(text), keys.merchant.privateKey).toString('base64');
  const parts = { mchid: keys.mchid, nonce_str: nonce, timestamp, serial_no: keys.merchantSerial, signature };
  const listed = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
  const authorization = `WECHATPAY2-SHA256-RSA2048 ${listed.join(',')}`;
  return fetch(`${sandbox.url}${path}`, { headers: { authorization } });
}

function cents(yuan = ''): number {
  return Number(yuan.replace('.', ''));
}

test("WeChat's waits between notifications come to a day", () => {
  expect(retrySeconds.reduce((sum, seconds) => sum + seconds, 0)).toBe(24 * 3_600 + 4 * 60);
});

test('a notification is repeated, signed anew each time, until it is taken', async () => {
  const seen: { nonce: unknown; body: string }[] = [];
  const merchant = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ nonce: request.headers['wechatpay-nonce'], body: Buffer.concat(chunks).toString() });
      response.writeHead(seen.length < 3 ? 500 : 204).end();
    });
  });
  await new Promise<void>((resolve) => merchant.listen(0, '127.0.0.1', resolve));
  const { port } = merchant.address() as AddressInfo;
  sandbox.pay(newTrade(100, `http://127.0.0.1:${port}/notify`));
  await expect.poll(() => seen.length).toBe(3);
  expect(new Set(seen.map(({ nonce }) => nonce)).size).toBe(3);
  expect(new Set(seen.map(({ body }) => body)).size).toBe(1);
  merchant.closeAllConnections();
  await new Promise<void>((resolve) => merchant.close(() => resolve()));
});

test('a day’s bill names what was paid and given back in China’s day, and adds up', async () => {
  expect((await ask('/v3/bill/tradebill?bill_date=2026-11-20')).status).toBe(400);
  const [first, second] = [newTrade(50_000), newTrade(1_234)];
  for (const trade of [first, second]) sandbox.pay(trade);
  const refund = sandbox.trades.refund(first.outTradeNo, {
    outRefundNo: 'r1',
    amount: 20_000,
    reason: '',
    notifyUrl: '',
  });
  expect(refund).toMatchObject({ state: 'PROCESSING' });
  const answer = await ask('/v3/bill/tradebill?bill_date=2026-11-21&bill_type=ALL&tar_type=GZIP');
  const bill = (await answer.json()) as { hash_value: string; download_url: string };
  const { pathname, search } = new URL(bill.download_url);
  expect((await fetch(bill.download_url)).status, 'to nobody but the merchant').toBe(401);
  const file = gunzipSync(Buffer.from(await (await ask(pathname + search)).arrayBuffer()));
  expect(createHash('sha1').update(file).digest('hex')).toBe(bill.hash_value);
  expect([...file.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const lines = file.toString('utf8').slice(1).trimEnd().split('\r\n');
  const head = lines[0]?.split(',') ?? [];
  const rows = lines.slice(1, -2).map((line) => Formatter.castCsvLine(line, head) as Record<string, string>);
  const named = rows.filter((row) => [first, second].some((trade) => trade.outTradeNo === row['商户订单号']));
  expect(named.map((row) => [row['交易状态'], row['订单金额'], row['申请退款金额']])).toEqual([
    ['SUCCESS', '500.00', '0.00'],
    ['SUCCESS', '12.34', '0.00'],
    ['REFUND', '0.00', '200.00'],
  ]);
  expect(rows.every((row) => row['交易时间'] === '2026-11-21 01:30:00')).toBe(true);
  const total = rows.reduce((sum, row) => sum + cents(row['订单金额']), 0);
  const summary = Formatter.castCsvLine(lines.at(-1) ?? '', lines.at(-2)?.split(',')) as Record<
    string,
    string
  >;
  expect(summary['总交易单数']).toBe(String(rows.length));
  expect(cents(summary['订单总金额'])).toBe(total);
  expect(summary['申请退款总金额']).toBe('200.00');
});

test('nobody but the merchant is answered', async () => {
  const answer = await fetch(`${sandbox.url}/v3/pay/transactions/out-trade-no/x?mchid=${sandbox.keys.mchid}`);
  expect(answer.status).toBe(401);
});
