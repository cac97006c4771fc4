/**
 * The address that alerts go to, as it is sealed: settings write it, the ledger copies it to a mail's row as it is, and
 * whoever sends the mail opens it. It must never be opened to be looked at.
 */
import { isSealed, type KeyRing } from './key-ring.ts';

/** What a sealed address is of: an account's settings and its mails alike. */
export function alertAddressOf(accountId: string): string {
  return `alert address ${accountId}`;
}

/** Also one from before addresses were sealed, and none. */
export function openedAddress(db: { readonly keys: KeyRing }, accountId: string, address: string): string {
  return isSealed(address) ? db.keys.open(address, alertAddressOf(accountId)) : address;
}
