/**
 * Everything that is sealed, wherever it is kept: so that a key that was taken out of use can be forgotten once this
 * has run. A column that is sealed and not named here would be lost with its key.
 */
import { resealOrigins } from './audit/audit-log.ts';
import type { Queryable } from './database/database.ts';
import { resealEmails } from './identity/accounts.ts';
import { resealAlertAddresses } from './identity/alert-settings.ts';
import { resealSecrets } from './identity/secrets.ts';
import { resealNotices } from './notices/notice-queue.ts';

/** How many values were sealed anew. */
export async function resealAll(db: Queryable): Promise<number> {
  let count = 0;
  for (const one of [resealSecrets, resealEmails, resealAlertAddresses, resealNotices, resealOrigins])
    count += await one(db);
  return count;
}
