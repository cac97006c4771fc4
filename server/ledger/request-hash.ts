/**
 * The fingerprint of what a caller asked for under an id. It is kept with the id for ever, so its text must never
 * change: the same request must give the same fingerprint in every later version.
 */
import canonicalize from 'canonicalize';
import { hash } from 'node:crypto';

export type LedgerOperation = 'charge' | 'hold' | 'recharge' | 'refund' | 'expire';

/** SHA-256 in base64url over the operation and its canonical JSON; fields that are absent count as absent. */
export function requestHash(operation: LedgerOperation, request: object): string {
  const text = canonicalize({ operation, request });
  if (text === undefined) throw new TypeError('a request has no canonical JSON');
  return hash('sha256', text, 'base64url');
}
