/**
 * `node server/verify-ledger.ts [--data-dir DIR] [--account ID]`: reads the ledger in DATABASE_URL, or in the embedded
 * database's folder, and names every row that is altered, missing or out of order. It must never change anything,
 * so it also refuses a folder in which there is no database yet. Exit status 0 only when everything agrees.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DatabaseUnusable, openDatabase, type Database } from './database/database.ts';
import { faultsListedMax, verifyLedger } from './ledger/verify.ts';

const usage =
  'Usage: node server/verify-ledger.ts [--data-dir DIR] [--account ID]   (DATABASE_URL names a PostgreSQL)';

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  try {
    const database = await openDatabase(options.source);
    try {
      return await report(database, options.accountId);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

interface Options {
  readonly source: { readonly databaseUrl: string } | { readonly dataDir: string };
  readonly accountId: string | undefined;
}

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: { 'data-dir': { type: 'string' }, account: { type: 'string' } },
    });
    const databaseUrl = process.env['DATABASE_URL'] ?? '';
    if (databaseUrl !== '') return { source: { databaseUrl }, accountId: values.account };
    const dataDir = values['data-dir'];
    if (dataDir !== undefined && existsSync(dataDir))
      return { source: { dataDir }, accountId: values.account };
    const missing =
      dataDir === undefined
        ? 'Name the database: --data-dir or DATABASE_URL.'
        : `There is no folder ${dataDir}.`;
    process.stderr.write(`${missing}\n${usage}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
  }
  return null;
}

async function report(database: Database, accountId: string | undefined): Promise<number> {
  const { accounts, transactions, faults } = await verifyLedger(database, accountId);
  for (const fault of faults) {
    const place = fault.seq === undefined ? '' : ` row ${fault.seq}`;
    process.stdout.write(`account ${fault.accountId}${place}: ${fault.kind}: ${fault.detail}\n`);
  }
  if (faults.length >= faultsListedMax)
    process.stdout.write(`… only the first ${faultsListedMax} are listed\n`);
  const verdict = faults.length === 0 ? 'everything agrees' : `${faults.length} faults`;
  process.stdout.write(`${accounts} accounts, ${transactions} transactions: ${verdict}\n`);
  return faults.length === 0 ? 0 : 1;
}
