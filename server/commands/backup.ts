/**
 * Backing the whole database up into a file, restoring it, and proving that a file can be restored; what was restored is
 * verified before it counts.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sealFirstHead } from '../audit/audit-log.ts';
import { backUp, BackupRefused, restore } from '../database/backup.ts';
import { parseKeys, type SealKeys } from '../database/sealed-file.ts';
import { keysFit } from '../identity/secrets.ts';
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
    const { status, opened } = await restoreAndVerify(context);
    if (opened) return status;
    // What is sealed in a database travels sealed: it opens with the keys of the database that was backed up alone.
    context.say('start on it with the keys of before');
    return 1;
  },
};

export const verifyBackupCommand: Command = {
  summary: 'Prove that a backup can be restored: into an empty database that is gone afterwards, verified',
  options: restoreCommand.options,
  database: 'scratch',
  run: async (context) => (await restoreAndVerify(context)).status,
};

async function restoreAndVerify(context: CommandContext): Promise<{ status: number; opened: boolean }> {
  const { database, required, say } = context;
  const keys = await givenKeys(context);
  const { rows, takenAt } = await orRefused(restore(database, resolve(required('file')), keys));
  say(`${rows} rows restored, as of ${takenAt}`);
  if (await keysFit(database)) await sealFirstHead(database);
  const ledger = await reportVerification(database, undefined, say);
  const { status, opened } = await reportAudit(database, say);
  return { status: Math.max(ledger, status), opened };
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
