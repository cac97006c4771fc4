/**
 * Names for the contract's open and closed lists: platforms, kinds, problems. An unknown platform is called by its
 * own id; an unknown problem is the unexpected one.
 */
import type { TFunction } from 'i18next';
import type { z } from 'zod';
import type { ExecutorChoice } from '../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { cny } from '../../shared/assets.ts';
import { parseYuanSum } from '../../shared/money.ts';
import { money, unitPrice, type Format } from '../format.ts';

export function platformName(t: TFunction, platform: string): string {
  return t(`platform.${platform}`, { defaultValue: platform });
}

export function operationName(t: TFunction, operation: string): string {
  return t(`operation.${operation}`, { defaultValue: operation });
}

/** What units are of; one that the files have no word for is called by its own id. */
export function assetName(t: TFunction, asset: string): string {
  return t(`asset.${asset}`, { defaultValue: asset });
}

/** An amount with what it is of: money exact to its last decimal, units by their asset's name. */
export function assetAmount(t: TFunction, format: Format, asset: string, amount: string): string {
  return asset === cny
    ? unitPrice(amount)
    : t('asset.amount', { amount: format.units(amount), asset: assetName(t, asset) });
}

/** Several of them, one after the other. */
export function assetAmounts(
  t: TFunction,
  format: Format,
  amounts: readonly { readonly asset: string; readonly amount: string }[],
): string {
  if (amounts.length === 0) return '—';
  return amounts.map(({ asset, amount }) => assetAmount(t, format, asset, amount)).join(t('common.comma'));
}

/** Where units are from. */
export function sourceName(t: TFunction, source: string): string {
  return t(`grantSource.${source}`, { defaultValue: source });
}

export function executorName(t: TFunction, executor: z.infer<typeof ExecutorChoice>): string {
  return executor.kind === 'simulated'
    ? t('executor.simulated')
    : t('executor.httpAt', { url: executor.url });
}

/** The parameters of problems and notices that are amounts in yuan. */
const amountParams = new Set([
  'required',
  'available',
  'shortfall',
  'expected',
  'actual',
  'balance',
  'amount',
  'threshold',
  'pendingAmount',
  'spent',
  'total',
  'remaining',
  'left',
]);

/**
 * Parameters as a sentence shows them: amounts to the cent, everything else as it is. The sentences themselves
 * carry the ¥, because the engine's own notifications are made of the same ones.
 */
export function shownParams(params: Readonly<Record<string, string>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(params))
    shown[name] =
      amountParams.has(name) && parseYuanSum(value) !== null ? money(value).replace('¥', '') : value;
  return shown;
}

export function problemText(t: TFunction, problem: DeskProblem): string {
  return t([`problem.${problem.code}`, 'problem.unexpected'], shownParams(problem.params));
}
