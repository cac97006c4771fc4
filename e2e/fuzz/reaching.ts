/**
 * Makes of what was answered what later requests need to get further: ids that a list names, and orders that somebody
 * paid. It must never judge an answer.
 */
import { isScanPage } from '../../shared/scan-page.ts';
import type { FuzzRequest } from './requests.ts';

/** The ids of a list's rows. */
export function idsListed(text: string): string[] {
  const { items } = (text.startsWith('{') ? JSON.parse(text) : {}) as { readonly items?: unknown };
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: { readonly id?: unknown } | null) =>
    typeof item?.id === 'string' ? [item.id] : [],
  );
}

/** Pays a new order in the sandbox, as somebody who scans its code; nothing for any other answer. */
export async function payOrder({ route }: FuzzRequest, text: string): Promise<void> {
  if (route !== 'createRechargeOrder') return;
  const { codeUrl } = JSON.parse(text) as { readonly codeUrl?: string };
  if (codeUrl === undefined || !isScanPage(codeUrl)) return;
  const reply = await fetch(`${codeUrl}/pay`, { method: 'POST', redirect: 'manual' });
  if (reply.status >= 500) throw new Error(`the sandbox answered ${reply.status} to a payment`);
}
