/**
 * A process of its own that runs the timed jobs at a moment that a test names, as a server does at the real one: over
 * its channel comes the time, back goes how many members had a new month. Never to be used outside tests.
 */
import { openDatabase } from '../database/database.ts';
import { jobs } from '../jobs.ts';
import { Ledger } from '../ledger/ledger.ts';
import { createSigner, generateSigningJwk } from '../ledger/signing.ts';
import { memberships } from '../memberships-of.ts';
import { priceBookInForce } from '../pricing/price-books.ts';

const databaseUrl = process.env['DATABASE_URL'] ?? '';
const database = await openDatabase({ databaseUrl });
const time = { nowMs: 0 };
const clock = () => time.nowMs;
const signer = await createSigner(await generateSigningJwk());
const ledger = new Ledger({ database, clock, priceBook: priceBookInForce, signer });
const deps = { ledger, memberships: memberships({ database, ledger, clock }) };

process.on('message', (nowMs: number) => {
  time.nowMs = nowMs;
  void run();
});
process.on('disconnect', () => void database.close());
process.send?.({ ready: true });

async function run(): Promise<void> {
  const [swept, renewed] = [await jobs.sweep.run(deps), await jobs.memberships.run(deps)];
  process.send?.({
    said: `${swept.said}; ${renewed.said}`,
    failed: [...swept.failed, ...renewed.failed].map(String),
  });
}
