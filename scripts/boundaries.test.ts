// Proves that the table of who may import whom (.oxlintrc.json) refuses what it should: a planted offender for each
// boundary must be refused, and what is allowed must pass.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-boundaries-'));
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lints one file that imports `specifier`; returns whether the import was refused. */
function refused(file: string, specifier: string): boolean {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import * as thing from '${specifier}';\nexport const used = thing;\n`);
  const oxlint = spawnSync(
    process.execPath,
    [join(root, 'node_modules/oxlint/bin/oxlint'), '--no-ignore', '-f', 'json', file],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  rmSync(path);
  const report = JSON.parse(oxlint.stdout) as { diagnostics: { code: string }[] };
  return report.diagnostics.some((diagnostic) => diagnostic.code.includes('no-restricted-imports'));
}

describe('the import table', () => {
  it.each([
    ['shared/a.ts', '../server/app.ts'],
    ['shared/a.ts', 'node:fs'],
    ['shared/a.ts', 'electron'],
    ['renderer/a.ts', '../main/engine/engine.ts'],
    ['renderer/screens/a.tsx', 'node:fs'],
    ['renderer/screens/a.tsx', '../../server/app.ts'],
    ['preload/a.ts', '../main/start.ts'],
    ['server/ledger/a.ts', '../../main/start.ts'],
    ['server/a.ts', 'better-sqlite3'],
    ['main/cache/a.ts', 'electron'],
    ['main/cache/a.ts', '../../server/ledger/ledger.ts'],
    ['main/shell/web.ts', 'electron'],
    ['main/shell/electron.ts', '../../server/app.ts'],
    ['e2e/a.ts', '../main/engine/engine.ts'],
    ['bench/a.ts', '../server/app.ts'],
    // Features of the server and of the desk do not know each other.
    ['server/identity/a.ts', '../pricing/routes.ts'],
    ['server/ledger/a.ts', '../identity/accounts.ts'],
    ['server/database/a.ts', '../ledger/ledger.ts'],
    ['server/ledger/a.ts', '../notices/mailer.ts'],
    ['server/notices/a.ts', '../ledger/ledger.ts'],
    ['server/payments/a.ts', '../notices/mailer.ts'],
    ['server/payments/a.ts', '../sandbox/sandbox.ts'],
    ['server/sandbox/a.ts', '../payments/wechat-signature.ts'],
    ['server/ledger/a.ts', '../payments/orders.ts'],
    ['server/ledger/a.ts', '../members/memberships.ts'],
    ['server/members/a.ts', '../catalogue/catalogues.ts'],
    ['server/points/a.ts', '../pricing/price-books.ts'],
    ['server/quotas/a.ts', '../identity/accounts.ts'],
    ['server/catalogue/a.ts', '../points/points.ts'],
    ['server/ledger/a.ts', '../metering/metering.ts'],
    ['server/metering/a.ts', '../members/memberships.ts'],
    ['server/audit/a.ts', '../payments/orders.ts'],
    ['server/ledger/a.ts', '../audit/audit-log.ts'],
    ['server/approvals/a.ts', '../pricing/price-books.ts'],
    ['server/protection/a.ts', '../audit/audit-log.ts'],
    ['server/payments/a.ts', '../reconciliation/runs.ts'],
    ['server/ledger/a.ts', '../reconciliation/runs.ts'],
    ['server/reconciliation/a.ts', '../metering/metering.ts'],
    ['server/reports/a.ts', '../costs/cost-catalogues.ts'],
    ['server/costs/a.ts', '../reports/rollup.ts'],
    ['server/watch/a.ts', '../reports/reports.ts'],
    ['server/ledger/a.ts', '../reports/rollup.ts'],
    ['server/metering/a.ts', '../costs/token-cost.ts'],
    ['server/backups/a.ts', '../ledger/ledger.ts'],
    ['server/payments/a.ts', '../backups/keeping.ts'],
    ['sdk/a.ts', '../server/app.ts'],
    ['sdk/a.ts', 'zod'],
    ['main/cache/a.ts', '../sync/outbox.ts'],
    ['main/sync/a.ts', '../campaign/runner.ts'],
    ['main/export/a.ts', '../campaign/runner.ts'],
    ['main/campaign/a.ts', '../export/commands.ts'],
    ['main/shell/a.ts', '../engine/engine.ts'],
    ['main/desk/a.ts', '../engine/engine.ts'],
    ['main/campaign/a.ts', '../engine/engine.ts'],
    ['main/campaign/a.ts', '../bills/commands.ts'],
    ['main/tables/a.ts', '../campaign/targets.ts'],
    ['main/bills/a.ts', '../campaign/targets.ts'],
    ['main/cache/a.ts', '../tables/decoding.ts'],
    ['main/export/a.ts', '../bills/commands.ts'],
  ])('refuses %s importing %s', (file, specifier) => {
    expect(refused(file, specifier)).toBe(true);
  });

  it.each([
    ['renderer/a.ts', '../shared/ipc.ts'],
    ['server/ledger/a.ts', '../../shared/money.ts'],
    ['server/ledger/a.ts', '../database/database.ts'],
    ['server/payments/a.ts', '../ledger/ledger.ts'],
    ['server/members/a.ts', '../ledger/ledger.ts'],
    ['server/metering/a.ts', '../ledger/ledger.ts'],
    ['server/reports/a.ts', '../ledger/local-day.ts'],
    ['server/database/a.ts', '../protection/key-ring.ts'],
    ['server/reconciliation/a.ts', '../payments/wechat-bill.ts'],
    ['sdk/a.ts', '../shared/api.ts'],
    ['main/sync/a.ts', '../cache/database.ts'],
    ['main/campaign/a.ts', '../sync/outbox.ts'],
    ['main/engine/a.ts', '../campaign/commands.ts'],
    ['main/campaign/a.ts', '../desk/context.ts'],
    ['main/campaign/a.ts', '../tables/decoding.ts'],
    ['main/bills/a.ts', '../tables/delimited.ts'],
    ['main/bills/a.ts', '../sync/call-problem.ts'],
    ['main/shell/electron.ts', 'electron'],
    ['main/export/a.ts', 'node:fs'],
  ])('allows %s importing %s', (file, specifier) => {
    expect(refused(file, specifier)).toBe(false);
  });
});
