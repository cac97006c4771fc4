/**
 * Names for the contract's open and closed lists: platforms, kinds, problems. An unknown platform is called by its
 * own id; an unknown problem is the unexpected one.
 */
import type { TFunction } from 'i18next';
import type { z } from 'zod';
import type { DeskProblem, ExecutorChoice } from '../../shared/ipc.ts';
import { parseYuan } from '../../shared/money.ts';
import { money } from '../format.ts';

export function platformName(t: TFunction, platform: string): string {
  return t(`platform.${platform}`, { defaultValue: platform });
}

export function operationName(t: TFunction, operation: string): string {
  return t(`operation.${operation}`, { defaultValue: operation });
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
    shown[name] = amountParams.has(name) && parseYuan(value) !== null ? money(value).replace('¥', '') : value;
  return shown;
}

export function problemText(t: TFunction, problem: DeskProblem): string {
  return t([`problem.${problem.code}`, 'problem.unexpected'], shownParams(problem.params));
}
