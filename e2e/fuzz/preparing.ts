/**
 * Publishes on a fuzzed server what requests can be served with, again and again, for some of them publish what nobody
 * could pay, and books a bill that differs from what was used. It must never judge an answer but its own.
 */
import { randomUUID } from 'node:crypto';
import type { People, Person } from './people.ts';

/** Prices, a catalogue and models that name what requests name (values.ts). */
export async function publishUsable(url: string, people: People): Promise<void> {
  await Promise.all([mendPrices(url, people), mendCatalogue(url, people), mendModels(url, people)]);
}

/** Broken and huge prices are published on the way; charges need ones that can be paid. */
async function mendPrices(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  const book = {
    stacking: 'best',
    prices: [priceOf('xiaohongshu', '0.02'), priceOf('douyin', '0.03')],
    memberDiscounts: [{ level: 'premium', multiplier: '0.9' }],
    usagePrices: [
      {
        ...usageHead('xiaohongshu'),
        strategy: 'tokens',
        per: 1_000,
        inputPrice: '2',
        outputPrice: '8',
      },
      { ...usageHead('douyin'), strategy: 'duration', unitMs: 1_000, unitPrice: '3', minimum: '10' },
    ],
  };
  await publish(`${url}/api/pricing`, finance, book);
}

/** So is a catalogue of nothing, or of nothing that requests name (values.ts). */
async function mendCatalogue(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  const name = { 'zh-CN': '名称', 'en-US': 'Name' };
  const product = { name, asset: 'IMAGE_QUOTA', holdSeconds: 60 };
  const sold = { name, price: '0.50', bonus: '5', validDays: 1 };
  const plan = { name, level: 'premium', quotas: [{ asset: 'IMAGE_QUOTA', amount: '30' }], graceDays: 1 };
  await publish(`${url}/api/catalogue`, finance, {
    products: [
      { ...product, id: 'drawing', policy: 'deduct_on_complete' },
      { ...product, id: 'cutout', policy: 'deduct_on_create' },
    ],
    packages: [
      { ...sold, id: 'points', asset: 'POINT', amount: '50' },
      { ...sold, id: 'tokens', asset: 'TEXT_TOKEN', amount: '1000' },
    ],
    plans: [
      { ...plan, id: 'small', price: '0.90', rank: 1 },
      { ...plan, id: 'large', price: '1.90', rank: 2 },
    ],
  });
}

/** So are models that nothing calls. */
async function mendModels(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  const name = { 'zh-CN': '名称', 'en-US': 'Name' };
  const price = {
    effectiveAt: '2026-01-01T00:00:00.000Z',
    per: 1_000,
    inputPrice: '0.002',
    outputPrice: '0.008',
  };
  await publish(`${url}/api/metering/catalogue`, finance, {
    providers: [{ id: 'a', name }],
    models: ['m-1', 'm-2'].map((id) => ({ id, provider: 'a' })),
    prices: ['m-1', 'm-2'].map((model) => ({ ...price, model })),
    products: [
      { id: 'drawing', name, model: 'm-1', paidBy: ['TEXT_TOKEN', 'POINT', 'CNY'] },
      { id: 'cutout', name, model: 'm-2', paidBy: ['POINT'] },
    ],
  });
}

/** A provider, and a bill of it for what nobody used. Once: a month that was closed since takes no other prices. */
export async function bookBill(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  await publish(`${url}/api/costs`, finance, {
    providers: [{ id: 'a', name: { 'zh-CN': '名称', 'en-US': 'Name' } }],
    prices: [
      {
        basis: 'tokens',
        provider: 'a',
        model: 'm-1',
        effectiveAt: '2026-01-01T00:00:00.000Z',
        per: 1_000,
        inputPrice: '0.001',
        outputPrice: '0.004',
      },
    ],
    unitValues: [],
  });
  const id = randomUUID();
  await ask('POST', `${url}/api/costs/bills`, finance, {
    id,
    provider: 'a',
    fileName: 'a.csv',
    fileHash: 'c'.repeat(64),
    mapping: { headerLines: 0, day: 0, item: 1, amount: 2, amountIn: 'yuan' },
    lines: 1,
    total: '1.00',
  });
  const line = { line: 1, day: '2026-11-20', item: 'disk', amount: '1.00' };
  await ask('POST', `${url}/api/costs/bills/${id}/lines`, finance, { lines: [line] });
  await ask('POST', `${url}/api/costs/bills/${id}/book`, finance, {});
}

const publish = (address: string, finance: Person | undefined, content: object): Promise<void> =>
  ask('PUT', address, finance, content);

async function ask(
  method: string,
  address: string,
  finance: Person | undefined,
  content: object,
): Promise<void> {
  const reply = await fetch(address, {
    method,
    headers: { authorization: `Bearer ${finance?.token ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });
  // Whoever asks so much meets the limit now and then; what is published next time mends the same.
  if (reply.status === 429) return;
  if (!reply.ok) throw new Error(`${address} was answered ${reply.status}: ${await reply.text()}`);
}

function priceOf(platform: string, unitPrice: string): object {
  return {
    platform,
    operation: 'follow',
    unitPrice,
    effectiveAt: '2026-01-01T00:00:00.000Z',
    tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
  };
}

/** What is paid by use goes by names that requests are made with (values.ts). */
function usageHead(platform: string): object {
  return { platform, operation: 'x_1', asset: 'POINT', effectiveAt: '2026-01-01T00:00:00.000Z' };
}
