/**
 * A busy back office in which every amount is as long as the contract lets it be, and names have no gap to be broken at: for looking at what a small window cuts off. Nothing in it agrees with
 * anything.
 */
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { ServerControls } from './server.ts';

/** In micro-yuan: no amount of the contract has more than twelve digits before the point; sums have more. */
const most = '912345678901340000';
/** Of this as much can be added up as the server holds. */
const summed = '9123456789010000';
const yuanMost = '912345678901.34';
const units = '912345678901';
const longName = '浙江省杭州市余杭区拾光文化传媒有限公司直播电商华东运营中心第三事业部';
const gapless = 'InternationalBusinessDevelopmentDepartmentOfNorthwindTradingHongKong';

/** As much instead of what a column has: to nothing, nothing is added. */
const instead = (column: string, much: string): string =>
  `CASE WHEN ${column} < 0 THEN -${much} WHEN ${column} > 0 THEN ${much} ELSE 0 END`;
const ofAsset = (column: string, money: string): string =>
  `CASE asset WHEN 'CNY' THEN ${instead(column, money)} ELSE ${instead(column, units)} END`;

const statements = [
  // Nothing here is a posting: the rules of the tables are those of a ledger.
  "SET session_replication_role = 'replica'",
  `UPDATE accounts SET name = CASE WHEN hashtext(id::text) % 2 = 0 THEN '${longName}' ELSE '${gapless}' END
    WHERE id::text LIKE 'a0000000-%'`,
  `UPDATE wallets SET balance = CASE asset WHEN 'CNY' THEN ${most} ELSE ${units} END,
     held = CASE asset WHEN 'CNY' THEN ${most} ELSE 0 END
    WHERE account_id::text LIKE 'a0000000-%'`,
  `UPDATE recharge_orders SET amount = ${most}, refunded = CASE WHEN state = 'refunded' THEN ${most}
     WHEN refunded > 0 THEN ${most} - 10000 ELSE 0 END`,
  `UPDATE recharge_refunds SET amount = ${most}`,
  `UPDATE approvals SET reason = '${gapless}', amount = CASE WHEN asset IS NULL THEN NULL
     ELSE ${ofAsset('amount', most)} END`,
  `UPDATE grants SET amount = CASE asset WHEN 'CNY' THEN ${most} ELSE ${units} END,
     remaining = CASE WHEN remaining = 0 THEN 0 WHEN asset = 'CNY' THEN ${most} ELSE ${units} END
    WHERE account_id::text LIKE 'a0000000-%'`,
  `UPDATE memberships SET plan = jsonb_set(plan, '{price}', '"${yuanMost}"')`,
  `UPDATE reconciliations SET sums = sums || jsonb_build_object(
     'payments', jsonb_build_object('count', 912345678, 'amount', '${most}'),
     'recharges', jsonb_build_object('count', 912345678, 'amount', '${most}'),
     'orders', jsonb_build_object('count', 912345678, 'amount', '${most}'), 'fees', '${most}',
     'fundsIn', '${most}', 'fundsOut', '${most}') WHERE sums ? 'payments'`,
  `UPDATE reconciliation_differences SET amount = (CASE WHEN amount < 0 THEN -1 ELSE 1 END) * ${most}`,
  `UPDATE provider_bills SET file_name = '${gapless}_2026-11.xlsx', lines = 200000, total = ${most}, worked_out = 10000,
     difference = ${most} - 10000`,
  `UPDATE provider_bill_days SET amount = ${summed}`,
  `UPDATE findings SET what = what
     || CASE WHEN what->>'kind' = 'budget' THEN '{"spent": "${yuanMost}", "amount": "${yuanMost}"}'::jsonb
        WHEN what->>'asset' = 'CNY' THEN '{"amount": "${yuanMost}", "median": "${yuanMost}", "limit": "${yuanMost}"}'::jsonb
        ELSE '{"amount": "${units}", "median": "${units}", "limit": "${units}"}'::jsonb END
     || CASE WHEN what ? 'accountName' THEN '{"accountName": "${gapless}"}'::jsonb ELSE '{}'::jsonb END`,
  `UPDATE budgets SET amount = ${most}`,
  `UPDATE cost_days SET amount = ${summed}`,
  `UPDATE cost_user_days SET amount = ${summed}`,
  `UPDATE report_days SET amount = ${ofAsset('amount', summed)}`,
  `UPDATE report_user_days SET used = ${ofAsset('used', summed)},
     moved = ${ofAsset('moved', summed)}`,
  `UPDATE report_user_months SET used = ${ofAsset('used', summed)},
     moved = ${ofAsset('moved', summed)}`,
  `UPDATE backups SET bytes = 912345678901, row_count = 9123456789 WHERE bytes IS NOT NULL`,
];

/** `folder`: the test's. The server is started anew. */
export async function stretchOffice(server: ServerControls, folder: string): Promise<void> {
  await server.stop();
  const database = await PGlite.create(join(folder, 'server', 'pglite'));
  for (const statement of statements) await database.exec(statement);
  await database.close();
  await server.start();
}
