/**
 * How the ledger says no: a value in the answer's union, never an exception. It must never carry anything that the
 * account's owner may not read.
 */
import type { ServerProblemCode } from '../../shared/errors.ts';

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

/** A field whose value cannot be used, in words like a schema's. */
export function refuseField(path: string, message: string): Refused {
  return refuse('validation_failed', { errors: [{ path, message }] });
}
