/**
 * How the ledger says no: a value in the answer's union, never an exception. It must never carry anything that the
 * account's owner may not read.
 */
import type { ServerProblemCode } from '../../shared/errors.ts';
import type { NoPrice } from '../../shared/rating.ts';

/** The code, and what the contract says goes with it; money as wire text. */
export interface Refusal {
  readonly code: ServerProblemCode;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
  readonly [extra: string]: unknown;
}

export interface Refused {
  readonly refused: Refusal;
}

export function refuse(code: ServerProblemCode, extras: Omit<Refusal, 'code'> = {}): Refused {
  return { refused: { ...extras, code } };
}

const whyNoPrice = {
  missing: 'there is no price for',
  inexact: 'the price book in force has no exact price for',
  too_large: 'no amount can be written for so many of',
} as const satisfies Record<NoPrice['reason'], string>;

/** Without a book nothing has a price. */
export function refuseUnpriced(
  { platform, operation }: { readonly platform: string; readonly operation: string },
  reason: NoPrice['reason'] = 'missing',
): Refused {
  return refuseField('platform', `${whyNoPrice[reason]} ${platform} ${operation}`);
}

/** A field whose value cannot be used, in words like a schema's. */
export function refuseField(path: string, message: string): Refused {
  return refuse('validation_failed', { errors: [{ path, message }] });
}

/** A cursor that no page of the list has handed out. */
export function refuseCursor(): Refused {
  return refuseField('cursor', 'not a cursor of this list');
}

/** Money that may not come in, because the balance it would make could not be written. */
export function refuseTooMuch(): Refused {
  return refuseField('amount', 'the balance would be larger than an amount can be');
}
