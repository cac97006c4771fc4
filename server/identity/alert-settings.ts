/**
 * What each account wants to be told about; the only writer of `alert_settings`. The address is sealed, and stands
 * beside the other settings, so that who reads those has not read it. It never sends anything itself.
 */
import { z } from 'zod';
import { AlertSettings, alertSettingsDefault } from '../../shared/api.ts';
import { yuan } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { alertAddressOf, openedAddress } from '../protection/alert-address.ts';
import { reseal } from '../protection/resealing.ts';
import { holdPerson } from './accounts.ts';

export async function readAlertSettings(db: Queryable, accountId: string): Promise<AlertSettings> {
  const [row] = await db.query<{ body: string; address: string }>(
    'SELECT body, address FROM alert_settings WHERE account_id = $1',
    [accountId],
  );
  if (row === undefined) return alertSettingsDefault;
  const settings = AlertSettings.parse(JSON.parse(row.body));
  return { ...settings, email: { ...settings.email, address: openedAddress(db, accountId, row.address) } };
}

/** False where the account was erased meanwhile: nothing is kept then. */
export async function writeAlertSettings(
  tx: Queryable,
  accountId: string,
  settings: AlertSettings,
  nowMs: number,
): Promise<boolean> {
  if (!(await holdPerson(tx, accountId))) return false;
  const { address } = settings.email;
  await tx.query(
    `INSERT INTO alert_settings (account_id, body, address, changed_at_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (account_id) DO UPDATE SET body = $2, address = $3, changed_at_ms = $4`,
    [
      accountId,
      JSON.stringify({ ...settings, email: { ...settings.email, address: '' } }),
      address === '' ? '' : tx.keys.seal(address, alertAddressOf(accountId)),
      nowMs,
    ],
  );
  return true;
}

/**
 * Who of finance is mailed what is found, each with the sealed address as it is kept: whoever wants mail and has not said
 * otherwise of findings.
 */
export async function findingAddresses(
  db: Queryable,
): Promise<{ readonly accountId: string; readonly address: string }[]> {
  const rows = await db.query<{ account_id: string; body: string; address: string }>(
    `SELECT s.account_id, s.body, s.address FROM alert_settings s JOIN accounts a ON a.id = s.account_id
     WHERE a.role = 'finance' AND NOT a.frozen AND a.erased_at_ms IS NULL AND s.address <> '' ORDER BY s.account_id`,
  );
  return rows.flatMap(({ account_id: accountId, body, address }) => {
    const { email } = AlertSettings.parse(JSON.parse(body));
    return email.enabled && email.findings !== false ? [{ accountId, address }] : [];
  });
}

export async function eraseAlertSettings(tx: Queryable, accountId: string): Promise<void> {
  await tx.query('DELETE FROM alert_settings WHERE account_id = $1', [accountId]);
}

/** Seals addresses under the newest key; also those from before they were sealed. */
export function resealAlertAddresses(db: Queryable): Promise<number> {
  return reseal(db, {
    table: 'alert_settings',
    column: 'address',
    name: 'account_id::text',
    about: alertAddressOf,
  });
}

/** What the schema cannot say: thresholds are not negative, and mail that is wanted has somewhere to go. */
export function alertSettingsProblems(settings: AlertSettings): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  for (const key of ['lowBalance', 'pauseTasks'] as const)
    if (yuan(settings[key].threshold) < 0n)
      problems.push({ path: `${key}.threshold`, message: 'must not be negative' });
  const { enabled, address } = settings.email;
  if ((enabled || address !== '') && !z.email().safeParse(address).success)
    problems.push({ path: 'email.address', message: 'is not an e-mail address' });
  return problems;
}
