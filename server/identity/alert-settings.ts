/** What each account wants to be told about; the only writer of `alert_settings`. It never sends anything itself. */
import { z } from 'zod';
import { AlertSettings, alertSettingsDefault } from '../../shared/api.ts';
import { yuan } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';

export async function readAlertSettings(db: Queryable, accountId: string): Promise<AlertSettings> {
  const [row] = await db.query<{ body: string }>('SELECT body FROM alert_settings WHERE account_id = $1', [
    accountId,
  ]);
  return row === undefined ? alertSettingsDefault : AlertSettings.parse(JSON.parse(row.body));
}

export async function writeAlertSettings(
  db: Queryable,
  accountId: string,
  settings: AlertSettings,
  nowMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO alert_settings (account_id, body, changed_at_ms) VALUES ($1, $2, $3)
     ON CONFLICT (account_id) DO UPDATE SET body = $2, changed_at_ms = $3`,
    [accountId, JSON.stringify(settings), nowMs],
  );
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
