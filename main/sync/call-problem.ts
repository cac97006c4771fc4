/**
 * Turns what a call to the server came to into the refusal that the page shows. It carries amounts, ids and numbers
 * only, never a server's free text, so the words stay those of the message files.
 */
import type { Problem } from '../../shared/api-words.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import type { CallFailure } from './server-client.ts';

const carried = [
  'required',
  'available',
  'shortfall',
  'expected',
  'actual',
  'balance',
  'pricingVersion',
  'chargeId',
  'remaining',
  'newest',
  'id',
  'traceId',
] as const;

export function fromServerProblem(problem: Problem): DeskProblem {
  const params: Record<string, string> = {};
  for (const name of carried) {
    const value = problem[name];
    if (value !== undefined) params[name] = String(value);
  }
  const field = problem.errors?.[0]?.path;
  return field === undefined ? { code: problem.code, params } : { code: problem.code, params, field };
}

export function fromCallFailure(failure: CallFailure): DeskProblem {
  if (failure.kind === 'problem') return fromServerProblem(failure.problem);
  return { code: codeOf[failure.kind], params: {} };
}

/** Refusals that say nothing about the request itself, only that the server can't answer it now. */
const passingCodes: ReadonlySet<string> = new Set([
  'internal',
  'unavailable',
  'rate_limited',
  'token_expired',
  'unauthenticated',
]);

/** Whether a failure leaves open what became of the request: it must be taken neither for a yes nor for a no. */
export function saysNothing(failure: CallFailure): boolean {
  return failure.kind !== 'problem' || passingCodes.has(failure.problem.code);
}

const codeOf = {
  unreachable: 'server_unreachable',
  not_zhangtai: 'server_not_zhangtai',
  signed_out: 'signed_out',
} as const;
