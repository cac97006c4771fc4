/** What a generated year sells and calls: three providers with a model each, one of them cheaper from July on. */
import type { MeteringContent } from '../../shared/api-metering.ts';
import type { PriceBook } from '../../shared/api-prices.ts';
import { demoUsagePrices } from '../demo/offers.ts';

const name = (zh: string, en: string) => ({ 'zh-CN': zh, 'en-US': en });

export const yearProviders = ['aliyun', 'deepseek', 'openai'] as const;

export function yearMetering(effectiveAt: string): MeteringContent {
  const changedAt = new Date(Date.parse(effectiveAt) + 181 * 86_400_000).toISOString();
  return {
    providers: [
      { id: 'aliyun', name: name('阿里云', 'Alibaba Cloud') },
      { id: 'deepseek', name: name('深度求索', 'DeepSeek') },
      { id: 'openai', name: name('OpenAI', 'OpenAI') },
    ],
    models: [
      { id: 'qwen-max', provider: 'aliyun' },
      { id: 'deepseek-chat', provider: 'deepseek' },
      { id: 'gpt-4', provider: 'openai' },
    ],
    prices: [
      { model: 'qwen-max', effectiveAt, per: 1_000, inputPrice: '0.02', outputPrice: '0.06' },
      { model: 'qwen-max', effectiveAt: changedAt, per: 1_000, inputPrice: '0.018', outputPrice: '0.05' },
      { model: 'deepseek-chat', effectiveAt, per: 1_000_000, inputPrice: '8', outputPrice: '32' },
      { model: 'gpt-4', effectiveAt, per: 1_000_000, inputPrice: '72', outputPrice: '216', minimum: '0.01' },
    ],
    products: [
      { id: 'chat', name: name('对话', 'Chat'), model: 'qwen-max', paidBy: ['CNY'] },
      { id: 'writing', name: name('写作', 'Writing'), model: 'deepseek-chat', paidBy: ['TEXT_TOKEN', 'CNY'] },
      { id: 'analysis', name: name('分析', 'Analysis'), model: 'gpt-4', paidBy: ['CNY'] },
    ],
  };
}

export function yearPrices(effectiveAt: string): Omit<PriceBook, 'version' | 'updatedAt'> {
  const follow = {
    operation: 'follow',
    effectiveAt,
    tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
  };
  return {
    stacking: 'best',
    prices: [
      { ...follow, platform: 'xiaohongshu', unitPrice: '1.00' },
      { ...follow, platform: 'douyin', unitPrice: '1.20' },
    ],
    memberDiscounts: [{ level: 'premium', multiplier: '0.90' }],
    usagePrices: demoUsagePrices.map((price) => ({ ...price, effectiveAt })),
  };
}
