/**
 * Verifying the ledger: names every row that is altered, missing or out of order. It must never change anything.
 * Exit status 0 only when everything agrees.
 */
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { faultsListedMax, verifyLedger } from '../ledger/verify.ts';
import { CommandRefused, type Command } from './command.ts';

export const verifyLedgerCommand: Command = {
  summary: 'Recompute every chain, balance, batch, hold and total, and name what differs',
  options: { account: { hint: 'ID', help: 'this account alone' } },
  database: 'as_it_is',
  async run({ database, option, say }) {
    const accountId = option('account');
    if (accountId !== undefined && !z.uuid().safeParse(accountId).success)
      throw new CommandRefused(`--account must be an account's id, not "${accountId}".`);
    return reportVerification(database, accountId, say);
  },
};

/** Says what was found; the exit status. */
export async function reportVerification(
  database: Database,
  accountId: string | undefined,
  say: (line: string) => void,
): Promise<number> {
  const { accounts, transactions, faults } = await verifyLedger(database, accountId);
  for (const fault of faults) {
    const place = fault.seq === undefined ? '' : ` row ${fault.seq}`;
    say(`account ${fault.accountId}${place}: ${fault.kind}: ${fault.detail}`);
  }
  if (faults.length >= faultsListedMax) say(`… only the first ${faultsListedMax} are listed`);
  const verdict = faults.length === 0 ? 'everything agrees' : `${faults.length} faults`;
  say(`${accounts} accounts, ${transactions} transactions: ${verdict}`);
  return faults.length === 0 ? 0 : 1;
}
