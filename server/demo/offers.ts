/**
 * What the demonstration sells beside follows: its catalogue, its prices by use, and its models. The figures that docs/selling.md
 * works out, and the tests hold the server to, are of these.
 */
import type { MeteringContent } from '../../shared/api-metering.ts';
import type { UsagePrice } from '../../shared/api-prices.ts';
import type { CatalogueContent } from '../../shared/api-selling.ts';

export const demoCatalogue: CatalogueContent = {
  products: [
    {
      id: 'drawing',
      name: { 'zh-CN': '图片生成', 'en-US': 'Drawing' },
      asset: 'IMAGE_QUOTA',
      policy: 'deduct_on_complete',
      holdSeconds: 3_600,
    },
    {
      id: 'cutout',
      name: { 'zh-CN': '抠图', 'en-US': 'Cut-out' },
      asset: 'IMAGE_QUOTA',
      policy: 'deduct_on_create',
      holdSeconds: 3_600,
    },
  ],
  packages: [
    {
      id: 'points_500',
      name: { 'zh-CN': '500 积分', 'en-US': '500 points' },
      price: '50.00',
      asset: 'POINT',
      amount: '500',
      bonus: '25',
      validDays: 180,
    },
    {
      id: 'tokens_million',
      name: { 'zh-CN': '百万文本 Token', 'en-US': 'A million text tokens' },
      price: '19.90',
      asset: 'TEXT_TOKEN',
      amount: '1000000',
      bonus: '0',
      validDays: 365,
    },
  ],
  plans: [
    {
      id: 'monthly',
      name: { 'zh-CN': '月度会员', 'en-US': 'Monthly' },
      price: '99.00',
      level: 'premium',
      rank: 1,
      quotas: [
        { asset: 'IMAGE_QUOTA', amount: '100' },
        { asset: 'TEXT_TOKEN', amount: '500000' },
      ],
      graceDays: 3,
    },
    {
      id: 'studio',
      name: { 'zh-CN': '工作室', 'en-US': 'Studio' },
      price: '199.00',
      level: 'premium',
      rank: 2,
      quotas: [
        { asset: 'IMAGE_QUOTA', amount: '300' },
        { asset: 'TEXT_TOKEN', amount: '500000' },
        { asset: 'VIDEO_QUOTA', amount: '10' },
      ],
      graceDays: 3,
    },
  ],
};

const calledFrom = '2026-01-01T00:00:00.000Z';
/** Models at the prices of docs/metering.md, one that has none yet, and products that call them. */
export const demoMetering: MeteringContent = {
  providers: [
    { id: 'aliyun', name: { 'zh-CN': '阿里云', 'en-US': 'Alibaba Cloud' } },
    { id: 'openai', name: { 'zh-CN': 'OpenAI', 'en-US': 'OpenAI' } },
  ],
  models: [
    { id: 'qwen-max', provider: 'aliyun' },
    { id: 'qwen-vl', provider: 'aliyun' },
    { id: 'gpt-4', provider: 'openai' },
  ],
  prices: [
    { model: 'qwen-max', effectiveAt: calledFrom, per: 1_000, inputPrice: '0.002', outputPrice: '0.008' },
    {
      model: 'gpt-4',
      effectiveAt: calledFrom,
      per: 1_000_000,
      inputPrice: '5.00',
      outputPrice: '15.00',
      minimum: '0.01',
    },
  ],
  products: [
    {
      id: 'copywriting',
      name: { 'zh-CN': '文案写作', 'en-US': 'Copywriting' },
      model: 'qwen-max',
      paidBy: ['TEXT_TOKEN', 'CNY'],
    },
    {
      id: 'replies',
      name: { 'zh-CN': '评论回复', 'en-US': 'Replies' },
      model: 'gpt-4',
      paidBy: ['TEXT_TOKEN', 'CNY'],
    },
    {
      id: 'captions',
      name: { 'zh-CN': '识图配文', 'en-US': 'Captions' },
      model: 'qwen-vl',
      paidBy: ['CNY'],
    },
  ],
};

const paidByUse = { platform: 'studio', asset: 'POINT', effectiveAt: '2026-01-01T00:00:00.000Z' };
/** What is paid with points; the figures in docs/rating.md are worked out with these. */
export const demoUsagePrices: UsagePrice[] = [
  {
    ...paidByUse,
    operation: 'speech',
    strategy: 'duration',
    unitMs: 10_000,
    unitPrice: '1',
    minimum: '2',
    estimate: { from: 'characters', msPerCharacter: 250 },
  },
  {
    ...paidByUse,
    operation: 'video',
    strategy: 'duration',
    unitMs: 1_000,
    unitPrice: '3',
    minimum: '10',
    estimate: { from: 'input_duration' },
  },
  { ...paidByUse, operation: 'script', strategy: 'fixed', price: '5' },
  { ...paidByUse, operation: 'upload', strategy: 'free' },
];
