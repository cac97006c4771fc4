/**
 * The page that a scanned code leads to, in Chinese and English, as plain HTML with two buttons. It must escape what it
 * shows, and say that it is not WeChat.
 */
import { createInstance } from 'i18next';
import { displayYuan } from '../../shared/money.ts';
import en from '../../shared/messages/en-US/payments.json' with { type: 'json' };
import zh from '../../shared/messages/zh-CN/payments.json' with { type: 'json' };
import type { Trade } from './trades.ts';

const instance = createInstance();
void instance.init({
  initAsync: false,
  resources: { 'zh-CN': { translation: zh }, 'en-US': { translation: en } },
  interpolation: { escapeValue: false },
});
const languages = ['zh-CN', 'en-US'] as const;

export const scanStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 22rem; margin: 0 auto; padding: 2rem 1rem; text-align: center; }
h1 { font-size: 1.25rem; margin: 0; } p { margin: .25rem 0; }
.note { font-size: .875rem; opacity: .8; }
.amount { font-size: 2.5rem; font-weight: 600; margin: 1.5rem 0 .5rem; font-variant-numeric: tabular-nums; }
.state { font-weight: 600; margin-bottom: 1.5rem; }
button { font: inherit; width: 100%; padding: .75rem; margin: .25rem 0; border-radius: 6px; border: 1px solid #8886; background: transparent; color: inherit; }
button.pay { background: #07804a; border-color: #07804a; color: #fff; font-weight: 600; }
button small { display: block; }`;

export type ScanState = 'NOTPAY' | 'SUCCESS' | 'CLOSED' | 'REFUND' | 'CANCELLED' | 'EXPIRED';

export function scanPage(trade: Trade | null, state: ScanState): string {
  const amount = trade === null ? '' : displayYuan(BigInt(trade.total) * 10_000n);
  const say = (key: string): string[] =>
    languages.map((language) => escaped(instance.getFixedT(language)(`scan.${key}`, { amount })));
  const paragraph = (key: string, name: string): string => `<p class="${name}">${say(key).join('<br>')}</p>`;
  const button = (key: 'pay' | 'cancel'): string => {
    const [chinese, english] = say(key);
    return `<form method="post" action="/scan/${trade?.token ?? ''}/${key}"><button class="${key}">${chinese}<small>${english}</small></button></form>`;
  };
  const payable = state === 'NOTPAY' || state === 'CANCELLED';
  const [title] = say('title');
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${scanStyle}</style></head><body><h1>${say('title').join('<br>')}</h1>${paragraph('note', 'note')}
${trade === null ? paragraph('unknown', 'state') : `<p class="amount">${escaped(amount)}</p><p>${escaped(trade.description)}</p>${paragraph(state, 'state')}`}
${trade !== null && payable ? button('pay') + button('cancel') : ''}${state === 'SUCCESS' ? paragraph('back', 'note') : ''}</body></html>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
