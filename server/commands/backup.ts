/**
 * Backing the whole database up into a file, restoring it, and proving that a file can be restored; what was restored is
 * verified before it counts.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { backUp, BackupRefused, restore } from '../database/backup.ts';
import { parseKeys, type SealKeys } from '../database/sealed-file.ts';
import { insistOnKeys } from '../identity/secrets.ts';
import { KeysUnusable } from '../protection/key-ring.ts';
import { CommandRefused, type Command, type CommandContext } from './command.ts';
import { reportAudit } from './verify-audit.ts';
import { reportVerification } from './verify-ledger.ts';

const file = { hint: 'FILE', required: true } as const;
const keyFile = {
  hint: 'FILE',
  help: 'keys of backups, a line of 32 bytes in base64 each; ZHANGTAI_BACKUP_KEY_FILE when absent',
} as const;

export const backupCommand: Command = {
  summary: 'Write the whole database, as of one moment, into a new file',
  options: {
    file: { ...file, help: 'it holds the keys of the server and every password’s hash' },
    'key-file': { ...keyFile, help: `${keyFile.help}; without either it is not sealed` },
  },
  database: 'as_it_is',
  async run(context) {
    const { database, nowMs, required, say } = context;
    const target = resolve(required('file'));
    const keys = await givenKeys(context);
    const { rows } = await orRefused(backUp(database, target, nowMs, keys));
    say(`${rows} rows written to ${target}`);
    say(
      keys === null
        ? 'it is not sealed: keep it where nobody can read it'
        : `sealed with the key ${keys.first.id}`,
    );
    return 0;
  },
};

export const restoreCommand: Command = {
  summary: 'Bring a backup back into an empty database, and verify it',
  options: { file: { ...file, help: 'what `backup` wrote' }, 'key-file': keyFile },
  database: 'empty',
  async run(context) {
    const status = await restoreAndVerify(context);
    return Math.max(status, await reportKeys(context));
  },
};

export const verifyBackupCommand: Command = {
  summary: 'Prove that a backup can be restored: into an empty database that is gone afterwards, verified',
  options: restoreCommand.options,
  database: 'scratch',
  run: restoreAndVerify,
};

async function restoreAndVerify(context: CommandContext): Promise<number> {
  const { database, required, say } = context;
  const keys = await givenKeys(context);
  const { rows, takenAt } = await orRefused(restore(database, resolve(required('file')), keys));
  say(`${rows} rows restored, as of ${takenAt}`);
  const ledger = await reportVerification(database, undefined, say);
  const audit = await reportAudit(database, say);
  return Math.max(ledger, audit);
}

/** What is sealed in a database travels sealed: it opens with the keys of the database that was backed up alone. */
async function reportKeys({ database, nowMs, say }: CommandContext): Promise<number> {
  try {
    await insistOnKeys(database, nowMs);
    return 0;
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    say('what is sealed in it does not open: start on it with the keys of before, by ZHANGTAI_KEY_FILE');
    return 1;
  }
}

/** Null where no key file is named. */
async function givenKeys({ option, env }: CommandContext): Promise<SealKeys | null> {
  const name = option('key-file') ?? (env['ZHANGTAI_BACKUP_KEY_FILE'] || undefined);
  if (name === undefined) return null;
  let text: string;
  try {
    text = await readFile(name, 'utf8');
  } catch (error) {
    throw new CommandRefused(`The key file ${name} cannot be read.`, { cause: error });
  }
  const keys = parseKeys(text);
  if (keys === null)
    throw new CommandRefused(`The key file ${name} must have 32 bytes in base64 in each of its lines.`);
  return keys;
}

async function orRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BackupRefused) throw new CommandRefused(error.message, { cause: error });
    throw error;
  }
}
