/**
 * A back office in which much has happened: some twenty rows of each list, with long names, large and negative amounts
 * and every state, put beneath a demonstration that stands still at `busyUntil`. What the server itself has to write
 * (documents by version, the audit log) is asked of it, on some days; the rest is written into its database while it is
 * stopped. It is for looking at: nothing here agrees with the ledger.
 */
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { BillClient } from './drive/bill-client.ts';
import { endServer, launchServer } from './server.ts';

/** When time stands still for whoever looks at it. */
export const busyUntil = '2026-11-20T04:30:00.000Z';
const cent = 10_000;
const yuan = 1_000_000;
const dayMs = 86_400_000;

/** A time of 2026 in China, such as `11-18T10:34:52`. */
const at = (text: string): number => Date.parse(`2026-${text}+08:00`);
const dayOf = (daysAgo: number): string =>
  new Date(Date.parse(busyUntil) - daysAgo * dayMs).toISOString().slice(0, 10);
/** A number from 0 to 1, the same at each run. */
const share = (index: number): number => ((index * 2_654_435_761) % 1_000) / 1_000;
const id = (kind: string, index: number): string =>
  `${kind}0000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
const hex = (index: number, length: number): string =>
  Array.from({ length }, (_, place) => Math.floor(share(index * 31 + place * 7) * 16).toString(16)).join('');

// ── What the server is asked for ────────────────────────────────────────────────────────────────────────────

type Send = (method: 'POST' | 'PUT' | 'GET', path: string, body?: object) => Promise<Record<string, unknown>>;

/** Signs in as one of the demonstration's staff. Refusals are part of what is shown. */
async function staff(url: string, who: string): Promise<Send> {
  const client = await BillClient.signIn(url, `${who}@demo.example`);
  return async (method, path, body) =>
    (await client.send(method, path, body)).body as Record<string, unknown>;
}

async function wrongPassword(url: string): Promise<void> {
  await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: 'admin@demo.example',
      password: 'not-this-one',
      deviceId: 'elsewhere',
      deviceName: '未知设备',
    }),
  });
}

const localName = (zh: string, en: string) => ({ 'zh-CN': zh, 'en-US': en });

async function publishPackages(url: string): Promise<void> {
  const finance = await staff(url, 'finance');
  const { version: _, publishedAt: __, ...catalogue } = await finance('GET', '/catalogue');
  const packages = [
    ...(catalogue['packages'] as object[]),
    ...[
      ['points_2000', '2,000 积分', '2,000 points', '180.00', 'POINT', '2000', '200', 180],
      [
        'points_50000',
        '五万积分企业包',
        'Fifty thousand points for companies',
        '3980.00',
        'POINT',
        '50000',
        '8000',
        365,
      ],
      [
        'tokens_hundred_million',
        '一亿文本 Token 年度企业包',
        'A hundred million text tokens, for a year',
        '1288.00',
        'TEXT_TOKEN',
        '100000000',
        '5000000',
        365,
      ],
      ['images_1000', '1,000 张图片', '1,000 images', '398.00', 'IMAGE_QUOTA', '1000', '0', 90],
      ['videos_30', '30 条视频', '30 videos', '268.00', 'VIDEO_QUOTA', '30', '2', 60],
    ].map(([key, zh, en, price, asset, amount, bonus, validDays]) => ({
      id: key,
      name: localName(String(zh), String(en)),
      price,
      asset,
      amount,
      bonus,
      validDays,
    })),
  ];
  await finance('PUT', '/catalogue', { ...catalogue, packages });
}

async function publishCosts(url: string): Promise<void> {
  const finance = await staff(url, 'finance');
  const effectiveAt = '2026-10-01T00:00:00.000Z';
  const tokens = (provider: string, model: string, inputPrice: string, outputPrice: string) => ({
    basis: 'tokens',
    provider,
    effectiveAt,
    model,
    per: 1_000_000,
    inputPrice,
    outputPrice,
  });
  const piece = (provider: string, operation: string, unitPrice: string) => ({
    basis: 'piece',
    provider,
    effectiveAt,
    product: 'studio',
    operation,
    unitPrice,
  });
  const daily = (provider: string, item: string, unitPrice: string) => ({
    basis: 'day',
    provider,
    effectiveAt,
    item,
    unitPrice,
  });
  await finance('PUT', '/costs', {
    providers: [
      { id: 'aliyun', name: localName('阿里云', 'Alibaba Cloud') },
      { id: 'openai', name: localName('OpenAI', 'OpenAI') },
      { id: 'gpu_farm', name: localName('算力租赁（华北三区）', 'GPU rental, North China 3') },
    ],
    prices: [
      tokens('aliyun', 'qwen-max', '1.20', '4.80'),
      tokens('aliyun', 'qwen-vl', '1.50', '4.50'),
      tokens('openai', 'gpt-4', '3.125', '9.375'),
      piece('gpu_farm', 'script', '0.015'),
      { ...piece('gpu_farm', 'video', '0.0085'), basis: 'time', unitMs: 1_000 },
      daily('aliyun', '云服务器与数据库', '38.60'),
      daily('aliyun', '对象存储与流量', '4.275'),
      daily('gpu_farm', '预留实例（两张 A10）', '126.00'),
    ],
    unitValues: [
      { asset: 'POINT', value: '0.09' },
      { asset: 'IMAGE_QUOTA', value: '0.35' },
      { asset: 'TEXT_TOKEN', value: '0.000015' },
      { asset: 'VIDEO_QUOTA', value: '8.50' },
    ],
  });
}

async function changePrices(url: string): Promise<void> {
  const [finance, auditor] = [await staff(url, 'finance'), await staff(url, 'auditor')];
  const { items } = (await finance('GET', '/pricing/versions')) as { items?: Record<string, unknown>[] };
  const { stacking, prices, memberDiscounts, usagePrices } = items?.[0] ?? {};
  const dearer = (prices as { unitPrice: string; platform: string }[]).map((price) => ({
    ...price,
    effectiveAt: '2026-12-01T00:00:00.000Z',
    unitPrice: price.platform === 'douyin' ? '1.35' : '1.10',
  }));
  await auditor('PUT', '/pricing', { stacking, prices: dearer, memberDiscounts, usagePrices });
  await finance('PUT', '/pricing', { stacking, prices: dearer, memberDiscounts, usagePrices });
}

/** Two weeks of two providers, of which some days and items cost something else than was worked out. */
async function importBills(url: string): Promise<void> {
  const finance = await staff(url, 'finance');
  const bill = async (index: number, provider: string, fileName: string, items: readonly string[]) => {
    const lines = Array.from({ length: 14 * items.length }, (_, line) => ({
      line: line + 2,
      day: dayOf(16 - Math.floor(line / items.length)),
      item: items[line % items.length] ?? '',
      amount: (line === 5 ? -18.25 : 3 + share(line + index) * 40).toFixed(2),
    }));
    const cents = lines.reduce((total, { amount }) => total + Math.round(Number(amount) * 100), 0);
    await finance('POST', '/costs/bills', {
      id: id('1', index),
      provider,
      fileName,
      fileHash: hex(index + 900, 64),
      mapping: { headerLines: 1, day: 0, item: 1, amount: 2, amountIn: 'yuan' },
      lines: lines.length,
      total: (cents / 100).toFixed(2),
      leftOut: 1,
    });
    await finance('POST', `/costs/bills/${id('1', index)}/lines`, { lines });
    await finance('POST', `/costs/bills/${id('1', index)}/book`, {});
  };
  await bill(1, 'aliyun', '阿里云_账单明细_2026-11-01_2026-11-17.xlsx', ['qwen-max', '云服务器与数据库']);
  await bill(2, 'gpu_farm', 'gpu-farm-north-china-3-invoice-2026-11-first-half.csv', [
    '预留实例（两张 A10）',
  ]);
  await bill(3, 'openai', 'openai-usage.csv', ['gpt-4']);
}

async function correct(url: string): Promise<void> {
  const [finance, checker] = [await staff(url, 'finance'), await staff(url, 'checker')];
  const { items } = (await finance('GET', '/accounts?role=operator')) as {
    items?: { id: string; email: string }[];
  };
  const accountOf = (who: string): string => items?.find(({ email }) => email.startsWith(who))?.id ?? '';
  const accountId = accountOf('operator@');
  const correction = (index: number, amount: string, reason: string) => ({
    id: id('c', index),
    accountId,
    asset: 'CNY',
    amount,
    reason,
  });
  await finance('POST', '/billing/adjustments', correction(1, '0.35', '补偿舍入差额'));
  await finance('POST', '/billing/adjustments', correction(2, '-0.35', '撤销上一笔补偿'));
  await finance('POST', '/billing/adjustments', correction(3, '-25000.00', '误充，原路收回'));
  await finance('POST', '/billing/adjustments', correction(4, '1888.00', '补偿 11 月 18 日的故障'));
  await checker('POST', `/approvals/${id('c', 4)}/refuse`, { reason: '故障没有影响这个账户' });
  await wrongPassword(url);
  const admin = await staff(url, 'admin');
  const about = accountOf('premium@');
  await admin('PUT', `/accounts/${about}/frozen`, { frozen: true, reason: '身份核实中' });
  await admin('PUT', `/accounts/${about}/frozen`, { frozen: false, reason: '核实完毕' });
  await checker('PUT', `/accounts/${about}/member-level`, {
    memberLevel: 'premium',
    reason: '年度框架合同约定的等级',
  });
}

const days: readonly (readonly [string, (url: string) => Promise<void>])[] = [
  ['2026-11-02T01:12:09.000Z', publishPackages],
  ['2026-11-09T02:40:31.000Z', publishCosts],
  ['2026-11-18T07:05:44.000Z', changePrices],
  ['2026-11-19T06:10:52.000Z', importBills],
  ['2026-11-19T09:21:17.000Z', correct],
];

// ── What is written while nobody serves it ──────────────────────────────────────────────────────────────────

type Row = Readonly<Record<string, unknown>>;

class Writer {
  readonly #database: PGlite;
  constructor(database: PGlite) {
    this.#database = database;
  }

  async add(table: string, rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      const columns = Object.keys(row);
      const places = columns.map((_, index) => `$${index + 1}`).join(', ');
      await this.#database.query(
        // What the demonstration has done itself stays.
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ON CONFLICT DO NOTHING`,
        Object.values(row).map((value) =>
          typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
        ),
      );
    }
  }

  async read<T>(sql: string): Promise<T[]> {
    return (await this.#database.query<T>(sql)).rows;
  }

  run(sql: string): Promise<unknown> {
    return this.#database.exec(sql);
  }
}

/** Name, address, balance in yuan, member level. */
const customers: readonly (readonly [string, string, number, 'none' | 'premium'])[] = [
  [
    '杭州拾光文化传媒有限公司（华东运营中心）',
    'finance.operations@shiguang-culture-east-china.example',
    12_480_330.5,
    'premium',
  ],
  [
    'Northwind Trading (Hong Kong) International Holdings Limited',
    'accounts.payable@northwind-trading.example',
    986_204.17,
    'premium',
  ],
  ['小鹿种草工作室', 'deer@xiaolu.example', 318.6, 'none'],
  ['陈思远', 'chen.siyuan@mail.example', -1_204.35, 'none'],
  ['Blue Bottle Coffee', 'ops@bluebottle.example', 0, 'none'],
  ['广州番禺顺达电商', 'shunda@panyu.example', 42_017.08, 'premium'],
  ['林小满', 'manman.lin@mail.example', 66.66, 'none'],
  ['成都茶百味', 'tea@baiwei.example', 5_120, 'none'],
  ['Ōkami Games', 'billing@okami.example', 77_310.25, 'premium'],
  ['赵一鸣', 'zhao1ming@mail.example', 12.34, 'none'],
  ['深圳前海云脉数字营销股份有限公司', 'yunmai@qianhai.example', 1_208_455.9, 'premium'],
  ['西安城墙根儿小吃', 'wall@xian.example', 903.41, 'none'],
  ['Studio M', 'hello@studio-m.example', 2_450, 'none'],
  ['苏州平江路手作', 'pingjiang@handmade.example', 388, 'none'],
  ['青岛海风民宿联盟', 'haifeng@qingdao.example', 19_870.55, 'premium'],
  ['王芳', 'wangfang@mail.example', 0.01, 'none'],
  ['重庆麻辣研究所', 'mala@chongqing.example', 640.2, 'none'],
  ['Fjällräven 中国', 'cn@fjallraven.example', 154_000, 'premium'],
];
const customer = (index: number): string => id('a', (index % customers.length) + 1);

async function addCustomers(writer: Writer): Promise<void> {
  for (const [index, [name, email, balance, level]] of customers.entries()) {
    const account = customer(index);
    await writer.add('accounts', [
      {
        id: account,
        name,
        email,
        role: 'operator',
        member_level: level,
        time_zone: 'Asia/Shanghai',
        created_at_ms: at('11-19T16:42:00') - index * 97_100_000,
        frozen: index === 3 || index === 9,
      },
    ]);
    await writer.add('ledger_heads', [{ account_id: account }]);
    const wallet = (asset: string, units: number, held = 0) => ({
      account_id: account,
      asset,
      balance: units,
      held,
      debt_limit: 2_000 * yuan,
    });
    await writer.add('wallets', [
      wallet('CNY', Math.round(balance * 100) * cent, balance > 1_000 ? 500 * yuan : 0),
      wallet('POINT', 1_200 + index * 731),
      wallet('TEXT_TOKEN', 8_000_000 + index * 1_234_567),
    ]);
  }
}

async function addOrders(writer: Writer, finance: string): Promise<void> {
  const amounts = [500, 100, 250_000, 50, 1_000, 30_000, 200, 88.88, 5_000, 100];
  for (let index = 0; index < 24; index += 1) {
    const state =
      index === 0 ? 'pending' : index % 7 === 3 ? 'closed' : index % 9 === 5 ? 'refunded' : 'paid';
    const createdAtMs = at('11-20T11:52:00') - index * 11_731_000;
    const paid = state === 'paid' || state === 'refunded';
    const amount = Math.round((amounts[index % amounts.length] ?? 1) * 100) * cent;
    const partly = index === 2 || index === 6 ? Math.round(amount / (4 * cent)) * cent : 0;
    const refunded = state === 'refunded' ? amount : partly;
    const account = customer(index);
    await writer.add('recharge_orders', [
      {
        account_id: account,
        id: id('b', index + 1),
        channel: 'wechat_native',
        amount,
        state,
        out_trade_no: hex(index + 1, 32),
        recharge_id: id('e', index + 1),
        created_at_ms: createdAtMs,
        expires_at_ms: createdAtMs + 7_200_000,
        ...(state === 'pending' ? { ask_at_ms: Date.parse(busyUntil) + dayMs } : {}),
        asked: (index % 4) + 1,
        refunded,
        ...(paid
          ? {
              paid_at_ms: createdAtMs + 48_000,
              wechat_transaction_id: `42000026112026111801234567${10 + index}`,
            }
          : {}),
        ...(state === 'closed' ? { closed_at_ms: createdAtMs + 7_200_000 } : {}),
      },
    ]);
    if (refunded === 0) continue;
    const abnormal = index === 6;
    await writer.add('recharge_refunds', [
      {
        account_id: account,
        id: id('f', index + 1),
        order_id: id('b', index + 1),
        amount: refunded,
        state: abnormal ? 'abnormal' : index === 2 ? 'processing' : 'succeeded',
        reason: abnormal ? '客户重复付款，要求退回其中一笔' : '客户取消了投放计划',
        return_id: id('d', index + 1),
        out_refund_no: hex(index + 100, 32),
        asked: 2,
        asked_by: finance,
        created_at_ms: createdAtMs + 3_600_000,
        ...(abnormal ? { problem: '用户银行卡已注销，请通过其他途径退款 (USER_ACCOUNT_ABNORMAL)' } : {}),
        ...(abnormal || index === 2 ? {} : { ended_at_ms: createdAtMs + 3_700_000 }),
      },
    ]);
  }
}

const plan = (index: number) => ({
  id: index % 3 === 0 ? 'studio' : 'monthly',
  name: index % 3 === 0 ? localName('工作室', 'Studio') : localName('月度会员', 'Monthly'),
  price: index % 3 === 0 ? '199.00' : '99.00',
  level: 'premium',
  rank: index % 3 === 0 ? 2 : 1,
  quotas: [{ asset: 'IMAGE_QUOTA', amount: '100' }],
  graceDays: 3,
});

async function addMembers(writer: Writer): Promise<void> {
  for (let index = 0; index < 16; index += 1) {
    const months = [1, 12, 3, 24][index % 4] ?? 1;
    const ended = index % 5 === 4;
    const grace = index === 2;
    const lengthMs = months * 30 * dayMs;
    const beginsAtMs = ended
      ? at('11-10T10:00:00') - index * dayMs - lengthMs
      : grace
        ? at('11-19T16:20:00') - lengthMs
        : Date.parse(busyUntil) - Math.floor(lengthMs * (0.1 + share(index) * 0.8));
    await writer.add('memberships', [
      {
        account_id: customer(index),
        id: id('9', index + 1),
        plan: plan(index),
        state: ended ? 'ended' : 'active',
        begins_at_ms: beginsAtMs,
        ends_at_ms: beginsAtMs + lengthMs,
        months,
        months_granted: ended ? months : 1,
        due_at_ms: ended ? null : Date.parse(busyUntil) + 3 * dayMs,
      },
    ]);
    const { price, quotas } = plan(index);
    const amount = Number(price) * yuan;
    await writer.add(
      'membership_periods',
      Array.from({ length: months }, (_, n) => ({
        account_id: customer(index),
        payment_id: id('a', index + 1),
        n,
        from_ms: beginsAtMs + n * 30 * dayMs,
        until_ms: beginsAtMs + (n + 1) * 30 * dayMs,
        paid_at_ms: beginsAtMs,
        price: amount * months,
        amount,
        quotas,
      })),
    );
  }
}

async function addGrants(writer: Writer): Promise<void> {
  const assets = ['POINT', 'TEXT_TOKEN', 'IMAGE_QUOTA', 'POINT', 'VIDEO_QUOTA'];
  const sources = ['purchase', 'membership', 'compensation', 'gift', 'admin_grant', 'invite', 'campaign'];
  for (let index = 0; index < 20; index += 1) {
    const asset = assets[index % assets.length] ?? 'POINT';
    const amount = asset === 'TEXT_TOKEN' ? 100_000_000 : asset === 'VIDEO_QUOTA' ? 30 : 500 + index * 1_250;
    const atMs = at('11-20T10:04:12') - index * 29_003_000;
    await writer.add('grants', [
      {
        account_id: customer(index + 1),
        id: id('8', index + 1),
        asset,
        amount,
        remaining: index % 4 === 3 ? 0 : Math.floor(amount * share(index + 3)),
        priority: 0,
        source: sources[index % sources.length] ?? 'gift',
        effective_at_ms: atMs,
        ...(index % 6 === 5 ? {} : { expires_at_ms: atMs + 180 * dayMs }),
      },
    ]);
  }
}

async function addApprovals(writer: Writer, { finance, checker, admin }: Staff): Promise<void> {
  const asked: readonly (readonly [string, string, number | null, string, object])[] = [
    [
      'grant',
      'POINT',
      500_000,
      '年会赠送',
      { asset: 'POINT', amount: '500000', source: 'gift', note: '年会赠送' },
    ],
    [
      'refundRechargeOrder',
      'CNY',
      -62_500 * yuan,
      '客户取消了第四季度的投放计划，合同约定可退剩余部分',
      { amount: '62500.00' },
    ],
    ['putPricing', '', null, '', { stacking: 'multiply' }],
    ['refund', 'CNY', 1_280.5 * yuan, '对方账号已注销，关注未生效', { amount: '1280.50' }],
    ['putCatalogue', '', null, '', { packages: 7 }],
    ['grant', 'TEXT_TOKEN', 100_000_000, '框架合同附赠', { asset: 'TEXT_TOKEN', amount: '100000000' }],
    ['putMeteringCatalogue', '', null, '', { models: 3 }],
    ['refundRechargeOrder', 'CNY', -3_000 * yuan, '重复付款', { amount: '3000.00' }],
  ];
  const people = [finance, checker, admin];
  for (let index = 0; index < 18; index += 1) {
    const [act, asset, amount, reason, body] = asked[index % asked.length] ?? asked[0] ?? [];
    const askedBy = people[index % 2];
    const state = index < 9 ? 'waiting' : (['done', 'refused', 'withdrawn', 'done'][index % 4] ?? 'done');
    const askedAtMs = at('11-20T09:48:26') - index * 17_311_000;
    await writer.add('approvals', [
      {
        id: id('7', index + 1),
        act,
        about_id: asset === '' ? null : customer(index),
        asset: asset === '' ? null : asset,
        amount,
        reason: reason === '' ? null : reason,
        asked: JSON.stringify({ id: id('7', index + 1), accountId: customer(index), ...(body as object) }),
        request_hash: hex(index, 43),
        state,
        asked_by: askedBy,
        asked_at_ms: askedAtMs,
        ...(state === 'waiting'
          ? {}
          : {
              decided_by: state === 'withdrawn' ? askedBy : people[2],
              decided_at_ms: askedAtMs + 5_400_000,
              ...(state === 'refused' ? { decided_because: '超出本季度预算，请下季度再提' } : {}),
              ...(state === 'done'
                ? { came_to: JSON.stringify({ seq: 128 + index, amount: '3000.00' }) }
                : {}),
            }),
      },
    ]);
  }
}

const sum = (count: number, amount: number) => ({ count, amount: String(amount) });

async function addReconciliation(writer: Writer, { finance, checker }: Staff): Promise<void> {
  await writer.run('DELETE FROM reconciliation_differences; DELETE FROM reconciliations;');
  for (let ago = 1; ago <= 20; ago += 1) {
    const day = dayOf(ago);
    const endedAtMs = Date.parse(`${dayOf(ago - 1)}T10:00:41+08:00`) + ago * 13_000;
    const failed = ago === 5;
    const paid = (64_000 + ago * 3_417) * yuan + ago * cent;
    await writer.add('reconciliations', [
      {
        source: 'wechat',
        day,
        state: failed ? 'failed' : 'done',
        runs: failed ? 4 : 1,
        begin_at_ms: failed ? at('11-20T14:00:00') : endedAtMs - 41_000,
        ended_at_ms: endedAtMs,
        problem: failed ? 'summary' : null,
        sums: failed
          ? null
          : {
              payments: sum(120 + ago * 7, paid),
              refunds: sum(3, 300 * yuan),
              fees: String(384 * yuan),
              fundsIn: String(paid),
              fundsOut: String(684 * yuan),
              hasFunds: ago % 6 !== 0,
              orders: sum(120 + ago * 7, paid - (ago % 3 === 0 ? cent : 0)),
              recharges: sum(120 + ago * 7, paid - (ago % 3 === 0 ? cent : 0)),
              refundsHere: sum(3, 300 * yuan),
            },
      },
    ]);
    if (ago <= 4)
      await writer.add('reconciliations', [
        {
          source: 'ledger',
          day,
          state: 'done',
          runs: 1,
          begin_at_ms: endedAtMs,
          ended_at_ms: endedAtMs + 7_000,
          sums: { accounts: 2_041, transactions: 1_284_330 - ago * 4_119 },
        },
      ]);
  }
  const classes = ['amount', 'missing_here', 'late', 'missing_there', 'state'];
  for (let index = 0; index < 20; index += 1) {
    const klass = classes[index % classes.length] ?? 'amount';
    const ago = 1 + (index % 9);
    const atMs = Date.parse(`${dayOf(ago)}T10:34:52+08:00`) + index * 411_000;
    const kind = index % 7 === 6 ? 'refund' : 'payment';
    const gap =
      klass === 'amount' ? cent : klass === 'late' || klass === 'state' ? 0 : 88 * yuan * (index + 1);
    const tradeNo = hex(index + 300, 32);
    const order = {
      id: id('b', index + 1),
      state: klass === 'state' ? 'closed' : 'paid',
      amount: String(500 * yuan),
      refunded: '0',
      createdAtMs: atMs - 60_000,
      paidAtMs: atMs,
      no: `42000026112026111801234567${10 + index}`,
    };
    const trade = {
      no: order.no,
      tradeNo,
      state: 'SUCCESS',
      amount: String(500 * yuan + (klass === 'amount' ? cent : 0)),
      fee: String(3 * yuan),
      atMs,
    };
    const ledger = {
      id: id('e', index + 1),
      seq: 42 + index,
      amount: String(500 * yuan),
      atMs: atMs + 1_000,
    };
    const state =
      index === 1 || index === 8
        ? 'proposed'
        : index === 4
          ? 'explained'
          : index % 6 === 5
            ? 'settled'
            : 'open';
    await writer.add('reconciliation_differences', [
      {
        id: id('6', index + 1),
        source: 'wechat',
        day: dayOf(ago),
        kind,
        subject: tradeNo,
        class: klass,
        state,
        found_by: 'bill',
        at_ms: atMs,
        account_id: klass === 'missing_here' ? null : customer(index),
        amount: klass === 'missing_there' ? -gap : gap,
        evidence: {
          ...(klass === 'missing_there' ? {} : { trade }),
          ...(klass === 'missing_here' ? {} : { order, ledger }),
        },
        run_id: id('5', 1),
        found_at_ms: atMs + dayMs,
        seen_at_ms: atMs + dayMs,
        ...(state === 'proposed' || state === 'settled'
          ? {
              proposal: 'adjustment',
              proposal_id: id('4', index + 1),
              proposed_by: finance,
              proposed_at_ms: atMs + dayMs + 3_600_000,
              reason: '微信已收款，账本漏记',
            }
          : {}),
        ...(state === 'explained' ? { reason: '测试商户的联调付款，不入账' } : {}),
        ...(state === 'explained' || state === 'settled'
          ? { decided_by: checker, decided_at_ms: atMs + dayMs + 7_200_000 }
          : {}),
      },
    ]);
  }
}

async function addFindings(writer: Writer, { finance }: Staff): Promise<void> {
  const products = ['xiaohongshu', 'douyin', 'studio', 'replies'];
  for (let index = 0; index < 9; index += 1) {
    const tokens = index % 4 === 3;
    const asset = index % 4 === 2 ? 'POINT' : tokens ? 'TEXT_TOKEN' : 'CNY';
    const high = index % 3 !== 2;
    const usual = asset === 'CNY' ? 1_240.5 : 12_400;
    const text = (value: number): string =>
      asset === 'CNY' ? value.toFixed(2) : Math.round(value).toString();
    const ago = 1 + index * 2;
    await writer.add('findings', [
      {
        id: id('3', index + 1),
        key: `planted ${index}`,
        found_at_ms: Date.parse(`${dayOf(ago - 1)}T00:12:00+08:00`),
        // A few are left, which a person sees one by one.
        ...(index % 4 === 1 || index > 3 ? { seen_by: finance, seen_at_ms: at('11-20T09:00:00') } : {}),
        what: {
          kind: 'unusual',
          direction: high ? 'high' : 'low',
          ...(index % 3 === 1
            ? {}
            : { accountId: customer(index), accountName: customers[index % customers.length]?.[0] }),
          product: products[index % products.length],
          asset,
          day: dayOf(ago),
          amount: text(high ? usual * 48.7 : usual * 0.04),
          median: text(usual),
          spread: text(usual * 0.12),
          limit: text(high ? usual * 2.1 : usual * 0.3),
          history: Array.from({ length: 28 }, (_, back) => ({
            day: dayOf(ago + 28 - back),
            amount: text(usual * (0.85 + share(back + index) * 0.3)),
          })),
        },
      },
    ]);
  }
  const budget = (index: number, scope: string, name: string, amount: number) => ({
    id: id('2', index),
    month: '2026-11',
    scope,
    name,
    amount: amount * yuan,
    changed_by: finance,
    changed_at_ms: at('11-01T09:00:00'),
  });
  await writer.add('budgets', [
    budget(1, 'all', '', 380_000),
    budget(2, 'provider', 'gpu_farm', 200_000),
    budget(3, 'product', 'copywriting', 15_000),
  ]);
  // What the server would find of itself within a minute, so that it is there from the beginning.
  for (const [index, scope, name, amount, percents] of [
    [1, 'all', '', '380000.00', [50]],
    [2, 'provider', 'gpu_farm', '200000.00', [50, 80]],
    [3, 'product', 'copywriting', '15000.00', [50, 80]],
  ] as const)
    for (const percent of percents)
      await writer.add('findings', [
        {
          id: id('1', index * 100 + percent),
          key: `budget ${id('2', index)} ${percent}`,
          found_at_ms: at('11-17T08:00:00') - (100 - percent) * 3_600_000 + index,
          seen_by: finance,
          seen_at_ms: at('11-18T09:00:00'),
          what: {
            kind: 'budget',
            budgetId: id('2', index),
            month: '2026-11',
            scope,
            name,
            percent,
            amount,
            spent: ((Number(amount) * percent) / 100 + 17.25).toFixed(2),
          },
        },
      ]);
}

/** Sums of days as they would come of two thousand customers. */
async function addSums(writer: Writer): Promise<void> {
  await writer.run("UPDATE report_state SET judged_through = '2026-11-19'");
  for (let ago = 1; ago <= 50; ago += 1) {
    const day = dayOf(ago);
    const volume = 0.7 + share(ago) * 0.6;
    const row = (
      kind: string,
      product: string,
      operation: string,
      item: string,
      count: number,
      amount: number,
    ) => ({
      day,
      late: false,
      asset: 'CNY',
      kind,
      product,
      operation,
      item,
      count: Math.round(count * volume),
      amount: Math.round(amount * volume * 100) * cent,
    });
    const rows = [
      row('charge', 'xiaohongshu', 'follow', 'partner', 21_400, -21_986.4),
      row('charge', 'membership', 'membership', 'studio', 14, -2_786),
      row('charge', 'package', 'package', 'points_50000', 9, -8_955.5),
      row('charge', 'copywriting', 'ai_call', 'qwen-max', 6_120, -1_530.77),
      row('charge', 'captions', 'ai_call', 'qwen-vl', 911, -402.18),
      row('refund', 'xiaohongshu', 'follow', 'partner', 31, 38.4),
      row('recharge', '', '', 'partner', 88, 52_400),
      row('payout', '', '', 'partner', 2, -930),
      row('adjustment', '', '', 'partner', 3, -12.35),
    ];
    await writer.add('report_days', rows);
    // What customers have changes by what the day's rows come to, so that the report adds up from its opening to its closing.
    const net = rows.reduce((total, { amount }) => total + amount, 0);
    const overdrawn = Math.round(-4_120.4 * volume * 100) * cent;
    const each = Math.round((net - overdrawn) / 11 / cent) * cent;
    const movedOf = (user: number): number =>
      user === 3 ? overdrawn : user === 0 ? net - overdrawn - each * 10 : each;
    const cost = (source: string, provider: string, product: string, item: string, amount: number) => ({
      day,
      own_day: day,
      quantity: Math.round(1_200 * volume),
      late: false,
      source,
      provider,
      product,
      item,
      count: Math.round(500 * volume),
      amount: Math.round(amount * volume * 100) * cent,
    });
    await writer.add('cost_days', [
      cost('usage', 'aliyun', 'copywriting', 'qwen-max', 918.4),
      cost('usage', 'aliyun', 'captions', 'qwen-vl', 477.9),
      cost('piece', 'gpu_farm', 'xiaohongshu', '', 9_204.6),
    ]);
    for (let user = 0; user < 12; user += 1)
      await writer.add('report_user_days', [
        {
          account_id: customer(user),
          day,
          asset: 'CNY',
          product: 'xiaohongshu',
          count: Math.round(1_500 * volume) - user * 97,
          used: Math.round((3_800 - user * 301.7) * volume * 100) * cent,
          returned: 0,
          moved: movedOf(user),
        },
      ]);
  }
  await writer.run(
    `INSERT INTO report_user_months (account_id, month, asset, count, used, returned, moved)
     SELECT account_id, date_trunc('month', day)::date, asset, sum(count), sum(used), sum(returned), sum(moved)
     FROM report_user_days GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING`,
  );
}

async function addBackups(writer: Writer): Promise<void> {
  for (let ago = 0; ago < 14; ago += 1) {
    const day = dayOf(ago);
    const begunAtMs = Date.parse(`${day}T03:30:02+08:00`) + ago * 1_000;
    const state = ago === 3 ? 'failed' : ago > 9 && ago % 2 === 0 ? 'removed' : 'verified';
    await writer.add('backups', [
      {
        id: id('0', ago + 1),
        slot: ago === 6 ? null : day,
        state,
        file: `zhangtai-${day.replaceAll('-', '')}T193002Z-${hex(ago, 8)}.backup`,
        key_id: hex(77, 16),
        begun_at_ms: begunAtMs,
        ...(state === 'failed'
          ? {
              problem: `the backup zhangtai-${day.replaceAll('-', '')}T193002Z-${hex(ago, 8)}.backup does not verify: ENOSPC: no space left on device, write`,
            }
          : {
              written_at_ms: begunAtMs + 41_000,
              verified_at_ms: begunAtMs + 97_000,
              bytes: 184_530_112 - ago * 2_104_211,
              row_count: 4_120_664 - ago * 41_087,
            }),
        ...(state === 'removed' ? { removed_at_ms: begunAtMs + 7 * dayMs } : {}),
      },
    ]);
  }
}

interface Staff {
  readonly finance: string;
  readonly checker: string;
  readonly admin: string;
}

/** `dataDir`: a demonstration's, of which no server runs. `clock`: the environment in which time stands still at an instant. */
export async function plantOffice(
  dataDir: string,
  clock: (instant: string) => NodeJS.ProcessEnv,
): Promise<void> {
  for (const [instant, acts] of days) {
    const { child, url } = await launchServer(dataDir, 0, clock(instant));
    await acts(url);
    await endServer(child, 'SIGTERM');
  }
  const database = await PGlite.create(join(dataDir, 'pglite'));
  const writer = new Writer(database);
  const people = await writer.read<{ id: string; name: string }>('SELECT id, name FROM accounts');
  const named = (name: string): string => people.find((one) => one.name === name)?.id ?? '';
  const staffIds = { finance: named('演示财务'), checker: named('演示复核'), admin: named('演示管理员') };
  await addCustomers(writer);
  await addOrders(writer, staffIds.finance);
  await addMembers(writer);
  await addGrants(writer);
  await addApprovals(writer, staffIds);
  await addReconciliation(writer, staffIds);
  await addFindings(writer, staffIds);
  await addSums(writer);
  await addBackups(writer);
  await database.close();
}
