/**
 * The fingerprint of what a caller asked for under an id. It is kept with the id for ever, so the text that it is
 * made of must never change: the same request must give the same fingerprint in every later version.
 */
import { hash } from 'node:crypto';

export type LedgerOperation =
  | 'charge'
  | 'hold'
  | 'recharge'
  | 'refund'
  | 'return'
  | 'adjustment'
  | 'expire'
  | 'use'
  | 'unit_hold'
  | 'capture'
  | 'purchase'
  | 'usage';
/** A request's fields by name. */
export type Flat = Readonly<Record<string, string | number | undefined>>;

/** SHA-256 in base64url over the operation and the request's fields by name; an absent field counts as absent. */
export function requestHash(operation: LedgerOperation, request: Flat): string {
  const fields = Object.keys(request)
    .filter((name) => request[name] !== undefined)
    .toSorted()
    .map((name) => [name, request[name]]);
  return hash('sha256', JSON.stringify([operation, fields]), 'base64url');
}
