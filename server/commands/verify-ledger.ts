/**
 * Verifying the ledger: names every row that is altered, missing or out of order. It must never change anything.
 * Exit status 0 only when everything agrees.
 */
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { checkpointFaults } from '../ledger/kept-checkpoint.ts';
import { faultsListedMax, verifyLedger, type LedgerFault } from '../ledger/verify.ts';
import { CommandRefused, type Command } from './command.ts';
import { readSigned } from './signed-file.ts';

export const verifyLedgerCommand: Command = {
  summary: 'Recompute every chain, balance, batch, hold and total, and name what differs',
  options: {
    account: { hint: 'ID', help: 'this account alone' },
    checkpoint: { hint: 'FILE', help: 'a checkpoint that somebody kept, held against the ledger too' },
  },
  database: 'as_it_is',
  async run({ database, option, say }) {
    const accountId = option('account');
    if (accountId !== undefined && !z.uuid().safeParse(accountId).success)
      throw new CommandRefused(`--account must be an account's id, not "${accountId}".`);
    const file = option('checkpoint');
    const checked =
      file === undefined
        ? []
        : await readSigned(database, file, 'a checkpoint', (jwks, text) =>
            checkpointFaults(database, jwks, text),
          );
    for (const fault of checked) say(lineOf(fault));
    if (file !== undefined && checked.length === 0) say('the checkpoint agrees');
    const status = await reportVerification(database, accountId, say);
    return checked.length === 0 ? status : 1;
  },
};

function lineOf({ accountId, seq, kind, detail }: LedgerFault): string {
  const place = seq === undefined ? '' : ` row ${seq}`;
  return `account ${accountId}${place}: ${kind}: ${detail}`;
}

/** Says what was found; the exit status. */
export async function reportVerification(
  database: Database,
  accountId: string | undefined,
  say: (line: string) => void,
): Promise<number> {
  const { accounts, transactions, faults } = await verifyLedger(database, accountId);
  for (const fault of faults) say(lineOf(fault));
  if (faults.length >= faultsListedMax) say(`… only the first ${faultsListedMax} are listed`);
  const verdict = faults.length === 0 ? 'everything agrees' : `${faults.length} faults`;
  say(`${accounts} accounts, ${transactions} transactions: ${verdict}`);
  return faults.length === 0 ? 0 : 1;
}
