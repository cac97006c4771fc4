/**
 * Puts a long ledger in the place of the one that a desk's account has in its cache, for measurements of the screens. No
 * server knows these rows, so the desk must be without one afterwards.
 *
 * Usage: node main/cache/fill-ledger.bench.ts DATA_DIR ROWS
 */
import { openCache } from './database.ts';
import { fillMirror, ledgerAccount } from './test-ledger.ts';

const [dataDir, rows] = process.argv.slice(2);
if (dataDir === undefined || !(Number(rows) > 0)) throw new Error('name the data folder and how many rows');
const opened = openCache(dataDir, Date.now());
if (!opened.ok) throw new Error(opened.problem.code);
const { cache } = opened;
const id = cache.sql.prepare<[], string>('SELECT account_id FROM transactions LIMIT 1').pluck().get();
if (id === undefined) throw new Error('the cache has no account with a ledger');
fillMirror(cache, Number(rows), { ...ledgerAccount, id });
cache.close();
