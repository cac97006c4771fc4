/**
 * Everything that is sealed, wherever it is kept: so that a key that was taken out of use can be forgotten once this
 * has run. A column that is sealed and not named here would be lost with its key.
 */
import { resealAudit, sealFirstHead } from './audit/audit-log.ts';
import type { Database, Queryable } from './database/database.ts';
import { resealEmails } from './identity/accounts.ts';
import { resealAlertAddresses } from './identity/alert-settings.ts';
import { resealSecrets } from './identity/secrets.ts';
import { resealNotices } from './notices/notice-queue.ts';

/** How many values were sealed anew. */
export async function resealAll(db: Queryable): Promise<number> {
  let count = 0;
  for (const one of [resealSecrets, resealEmails, resealAlertAddresses, resealNotices, resealAudit])
    count += await one(db);
  return count;
}

/**
 * What has to be sealed before anybody asks: an account is found by its address through its index alone, and an entry
 * that is appended to an unsealed log would leave it so. The rest can be read as it is, and waits for the job.
 */
export async function sealOld(database: Database): Promise<void> {
  await resealEmails(database);
  await sealFirstHead(database);
}
