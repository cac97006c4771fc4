/**
 * The text whose SHA-256 links one ledger row to the next: the previous hash, a line feed, and the row as served
 * without its two hash fields, in canonical JSON (RFC 8785). Server and desk build it here; each hashes it with
 * its platform's SHA-256.
 */
import canonicalize from 'canonicalize';
import type { Transaction } from './api.ts';

/** What the first transaction of an account links to. */
export const genesisHash = '0'.repeat(64);

export function chainText(prevHash: string, transaction: Omit<Transaction, 'prevHash' | 'hash'>): string {
  const { prevHash: _prev, hash: _hash, ...row } = transaction as Transaction;
  const json = canonicalize(row);
  if (json === undefined) throw new TypeError('a transaction has no canonical JSON');
  return `${prevHash}\n${json}`;
}
