/**
 * Loaded before the engine by tests, with `--import`: from SIGUSR2 on the database takes no further page, as on a full
 * disk, until SIGHUP. It must never be loaded by the product.
 */
import Database from 'better-sqlite3';

type Transaction = (...parameters: unknown[]) => unknown;
interface Patched {
  transaction: (this: Database.Database, work: Transaction) => Transaction;
}
const patched = Database.prototype as unknown as Patched;
const { transaction } = patched;
const databases = new Set<Database.Database>();

patched.transaction = function (work) {
  databases.add(this);
  return transaction.call(this, work);
};

process.on('SIGUSR2', () => {
  for (const database of databases)
    database.pragma(`max_page_count = ${String(database.pragma('page_count', { simple: true }))}`);
});
process.on('SIGHUP', () => {
  for (const database of databases) database.pragma('max_page_count = 4294967294');
});
