/**
 * Reconciliation and backups on the screen: what each side has stands beside each other, what would
 * put it right is told before it is asked for, and whoever may only look has no button.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { violations } from './axe.ts';
import { cutAmounts } from './cut-off.ts';
import { expect, test } from './desk.ts';
import { putAway } from './keys.ts';
import { section, signInAs } from './office-desk.ts';
import type { ServerControls } from './server.ts';

const day = '2026-11-18';
const tradeNo = 'd1f0c2a94b6e4a7f8c3b5d2e1a0f9b8c';

const sum = (count: number, amount: string) => ({ count, amount });

/** A day that was held against WeChat's bill, and did not agree: an order that WeChat has a cent more for, and others. */
async function plantDay(server: ServerControls, folder: string): Promise<void> {
  await server.stop();
  const database = await PGlite.create(join(folder, 'server', 'pglite'));
  const { rows } = await database.query<{ id: string }>(
    "SELECT id FROM accounts WHERE role = 'operator' ORDER BY created_at_ms LIMIT 1",
  );
  const accountId = rows[0]?.id;
  const at = Date.parse(`${day}T10:34:52+08:00`);
  await database.query(
    `INSERT INTO reconciliations (source, day, state, runs, begin_at_ms, ended_at_ms, sums)
     VALUES ('wechat', $1, 'done', 1, $2, $3, $4::jsonb)`,
    [
      day,
      at,
      at + 86_400_000,
      JSON.stringify({
        payments: sum(128, '64000010000'),
        refunds: sum(3, '300000000'),
        fees: '384000000',
        fundsIn: '64000010000',
        fundsOut: '684000000',
        hasFunds: true,
        orders: sum(128, '64000000000'),
        recharges: sum(128, '64000000000'),
        refundsHere: sum(3, '300000000'),
      }),
    ],
  );
  // A day of amounts that no column was made for.
  const huge = sum(1, '912345678901340000');
  const none = sum(0, '0');
  await database.query(
    `INSERT INTO reconciliations (source, day, state, runs, begin_at_ms, ended_at_ms, sums)
     VALUES ('wechat', '2026-11-17', 'done', 1, $1, $2, $3::jsonb)`,
    [
      at - 86_400_000,
      at,
      JSON.stringify({
        payments: huge,
        orders: huge,
        recharges: huge,
        refunds: none,
        refundsHere: none,
        fees: '0',
        fundsIn: huge.amount,
        fundsOut: '0',
        hasFunds: true,
      }),
    ],
  );
  const order = {
    id: randomUUID(),
    state: 'paid',
    amount: '500000000',
    refunded: '0',
    createdAtMs: at - 60_000,
    paidAtMs: at,
    no: '4200002611202611180123456789',
  };
  const trade = { no: order.no, tradeNo, state: 'SUCCESS', amount: '500010000', fee: '3000000', atMs: at };
  const ledger = { id: randomUUID(), seq: 42, amount: '500000000', atMs: at + 1_000 };
  const add = (
    kind: string,
    subject: string,
    klass: string,
    amount: number,
    evidence: object,
    whose = accountId,
  ) =>
    database.query(
      `INSERT INTO reconciliation_differences (id, source, day, kind, subject, class, state, found_by, at_ms,
         account_id, amount, evidence, run_id, found_at_ms, seen_at_ms)
       VALUES ($1, 'wechat', $2, $3, $4, $5, 'open', 'bill', $6, $7, $8, $9::jsonb, $10, $11, $11)`,
      [
        randomUUID(),
        day,
        kind,
        subject,
        klass,
        at,
        whose,
        amount,
        JSON.stringify(evidence),
        randomUUID(),
        at,
      ],
    );
  await add('payment', tradeNo, 'amount', 10_000, { trade, order, ledger });
  const later = { ...trade, tradeNo: `${tradeNo.slice(0, 31)}1`, amount: '88000000' };
  await add('payment', later.tradeNo, 'missing_here', 88_000_000, { trade: later }, undefined);
  const late = { ...ledger, amount: '500010000', atMs: at + 50_000_000 };
  await add('payment', `${tradeNo.slice(0, 31)}2`, 'late', 0, { trade, order, ledger: late });
  await database.close();
  await server.start();
}

test('A difference is found by its day, seen from every side, and what would put it right is told in money @web', async ({
  page,
  server,
  folder,
}) => {
  await plantDay(server, folder);
  await signInAs(page, 'finance');
  await section(page, '对账');
  const days = page.getByRole('table', { name: '按天' });
  await expect(days.getByRole('row', { name: /2026\/11\/18 .*微信支付 有差异/ })).toBeVisible();
  await expect(days.getByRole('row', { name: /2026\/11\/17 .*微信支付 已对平/ })).toBeVisible();
  // An amount of which digits are hidden would read as a smaller one.
  await expect(days.getByText('¥912,345,678,901.34')).toHaveCount(2);
  await expect.poll(() => cutAmounts(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: `查看 ${day} 的对账` }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByRole('row', { name: /账本入账 128 ¥64,000\.00/ })).toBeVisible();
  await expect(drawer.getByRole('row', { name: /微信收款 128 ¥64,000\.01/ })).toBeVisible();
  await drawer.getByRole('button', { name: '查看差异' }).click();
  await expect(page.getByRole('table', { name: '差异' }).getByText('金额不符')).toBeVisible();
  expect(await violations(page)).toEqual([]);

  await page.getByRole('button', { name: `查看差异 ${tradeNo}` }).click();
  const sides = drawer.getByRole('table', { name: '各方记录' });
  await expect(sides.getByRole('row', { name: '金额 ¥500.01 ¥500.00 ¥500.00' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await drawer.getByRole('button', { name: '提议调整' }).click();
  const asks = page.getByRole('dialog', { name: '提议调整' });
  await expect(asks.getByText('+¥0.01')).toBeVisible();
  // What was asked over a drawer leaves the drawer to the keys and to assistive technology, whether it is cancelled or done.
  await asks.getByRole('button', { name: '取消' }).click();
  await expect(drawer.getByRole('button', { name: '提议调整' })).toBeFocused();
  await putAway(page);
  await expect(page.getByRole('button', { name: `查看差异 ${tradeNo}` })).toBeFocused();
  await page.keyboard.press('Enter');
  await drawer.getByRole('button', { name: '提议调整' }).click();
  await asks.getByLabel('原因').fill('微信多收一分');
  await asks.getByRole('button', { name: '提交' }).click();
  await expect(drawer.getByRole('button', { name: '撤回提议' })).toBeVisible();
  await expect(drawer.getByText('自己的申请由其他人审批。')).toBeVisible();
  await expect(drawer.getByRole('button', { name: '批准' })).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
  await putAway(page);
});

test('An auditor sees all of it and changes nothing; backups that nobody has set up say so @web', async ({
  page,
  server,
  folder,
}) => {
  await plantDay(server, folder);
  await signInAs(page, 'auditor');
  await section(page, '对账');
  await expect(page.getByRole('table', { name: '按天' }).getByText('2026/11/18')).toBeVisible();
  await expect(page.getByRole('button', { name: '核对某一天' })).toHaveCount(0);
  await page.getByRole('tab', { name: '差异' }).click();
  await page.getByRole('button', { name: `查看差异 ${tradeNo}` }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByRole('table', { name: '各方记录' })).toBeVisible();
  for (const name of ['提议调整', '说明原因', '批准'])
    await expect(drawer.getByRole('button', { name })).toHaveCount(0);
  await drawer.getByRole('button', { name: '关闭' }).click();
  await section(page, '备份');
  await expect(page.getByText('服务器没有设置备份目录和密钥')).toBeVisible();
  await expect(page.getByRole('button', { name: '立即备份' })).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
});
