/**
 * The text whose SHA-256 links one row of a chain to the next: the previous hash, a line feed, and the row as served
 * without its two hash fields, in canonical JSON (RFC 8785). Server and desk build it here; each hashes it with
 * its platform's SHA-256.
 */
import canonicalize from 'canonicalize';
import type { Transaction } from './api.ts';

/** What the first row of a chain links to. */
export const genesisHash = '0'.repeat(64);

export function chainText(prevHash: string, transaction: Omit<Transaction, 'prevHash' | 'hash'>): string {
  const { prevHash: _prev, hash: _hash, ...row } = transaction as Transaction;
  return linkText(prevHash, row);
}

/** The same of a row of any chain, which has no hash fields. */
export function linkText(prevHash: string, row: object): string {
  const json = canonicalize(row);
  if (json === undefined) throw new TypeError('the row has no canonical JSON');
  return `${prevHash}\n${json}`;
}
