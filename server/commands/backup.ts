/** Backing the whole database up into a file, and restoring it; what was restored is verified before it counts. */
import { resolve } from 'node:path';
import { backUp, BackupRefused, restore } from '../database/backup.ts';
import { CommandRefused, type Command } from './command.ts';
import { reportVerification } from './verify-ledger.ts';

const file = { hint: 'FILE', required: true } as const;

export const backupCommand: Command = {
  summary: 'Write the whole database, as of one moment, into a new file',
  options: {
    file: { ...file, help: 'keep it safe: it holds the keys of the server and every password’s hash' },
  },
  database: 'as_it_is',
  async run({ database, nowMs, required, say }) {
    const target = resolve(required('file'));
    const rows = await orRefused(backUp(database, target, nowMs));
    say(`${rows} rows written to ${target}`);
    return 0;
  },
};

export const restoreCommand: Command = {
  summary: 'Bring a backup back into an empty database, and verify it',
  options: { file: { ...file, help: 'what `backup` wrote' } },
  database: 'empty',
  async run({ database, required, say }) {
    const rows = await orRefused(restore(database, resolve(required('file'))));
    say(`${rows} rows restored`);
    return reportVerification(database, undefined, say);
  },
};

async function orRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BackupRefused) throw new CommandRefused(error.message, { cause: error });
    throw error;
  }
}
