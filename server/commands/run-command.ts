/**
 * `node server/start.ts COMMAND [options]`: finds the command, reads its options, opens the database that the server
 * would open, runs it and closes. It must never start on a database that is in use or that a newer program has
 * written, and never show a stack for what a person can put right. Exit status 2: nothing was begun.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { audited, inAct, type ActGiven } from '../audit/acts.ts';
import { readDatabasePlace, type DatabasePlace, type Environment } from '../config.ts';
import { DatabaseUnusable, openDatabase, type Database } from '../database/database.ts';
import { migrate, newestVersion, versionOf } from '../database/migrate.ts';
import { insistOnKeys } from '../identity/secrets.ts';
import { keysThere, openPlace } from '../open-place.ts';
import { KeyRing, KeysUnusable } from '../protection/key-ring.ts';
import { sealOld } from '../reseal-all.ts';
import {
  createAccountCommand,
  freezeCommand,
  setDebtLimitCommand,
  setPasswordCommand,
  unfreezeCommand,
} from './accounts.ts';
import { backupCommand, restoreCommand, verifyBackupCommand } from './backup.ts';
import { CommandRefused, type Command, type CommandContext } from './command.ts';
import { loadPricesCommand } from './prices.ts';
import { runJobCommand } from './run-job.ts';
import { verifyAuditCommand } from './verify-audit.ts';
import { verifyLedgerCommand } from './verify-ledger.ts';

const commands: Readonly<Record<string, Command>> = {
  'create-account': createAccountCommand,
  freeze: freezeCommand,
  unfreeze: unfreezeCommand,
  'set-password': setPasswordCommand,
  'set-debt-limit': setDebtLimitCommand,
  'load-prices': loadPricesCommand,
  backup: backupCommand,
  restore: restoreCommand,
  'verify-backup': verifyBackupCommand,
  'run-job': runJobCommand,
  'verify-audit': verifyAuditCommand,
  'verify-ledger': verifyLedgerCommand,
};

/** A line a command. */
export const commandList = Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(16)} ${summary}`)
  .join('\n');

export function isCommand(name: string | undefined): name is string {
  return name !== undefined && Object.hasOwn(commands, name);
}

/** Runs the command that `isCommand` knows; `argv` is what follows its name. Returns the exit status. */
export async function runCommand(name: string, argv: readonly string[], env: Environment): Promise<number> {
  const command = commands[name];
  if (command === undefined) throw new Error(`there is no command ${name}`);
  try {
    const given = readOptions(command, argv);
    if (given.has('help')) {
      process.stdout.write(`${usageOf(name, command)}\n`);
      return 0;
    }
    const place = placeOf(command, given, env);
    if (command.database === 'scratch')
      return await withScratch(keysThere(place), (database) => command.run(contextOf(database, given, env)));
    return await withDatabase(command, place, (database) => {
      const run = () => command.run(contextOf(database, given, env));
      return command.act === true ? inAct(actOf(name, command, given), run) : run();
    });
  } catch (error) {
    if (error instanceof UsageProblem) return complain(`${error.message}\n${usageOf(name, command)}`, 2);
    if (error instanceof DatabaseUnusable || error instanceof KeysUnusable) return complain(error.message, 2);
    if (error instanceof CommandRefused) return complain(error.message, 1);
    throw error;
  }
}

/** What somebody at a terminal does; its options hold no secret, for those are read from standard input. */
function actOf(name: string, { options }: Command, given: ReadonlyMap<string, string>): ActGiven {
  return {
    action: `command:${name}`,
    traceId: randomUUID().replaceAll('-', ''),
    by: { role: 'terminal' },
    from: { systemUser: userInfo().username },
    asked: Object.fromEntries(given),
    personal: Object.keys(options).filter((option) => options[option]?.personal === true),
  };
}

class UsageProblem extends Error {}

function complain(text: string, status: number): number {
  process.stderr.write(`${text}\n`);
  return status;
}

function usageOf(name: string, command: Command): string {
  const options = { ...command.options, 'data-dir': dataDirOption };
  const lines = Object.entries(options).map(
    ([option, { hint, help, required }]) =>
      `  ${`--${option} ${hint}`.padEnd(24)} ${help}${required ? ', required' : ''}`,
  );
  return `${command.summary}.\nUsage: node server/start.ts ${name} [options]\n${lines.join('\n')}`;
}

const dataDirOption = {
  hint: 'DIR',
  help: 'folder of the embedded database, when DATABASE_URL does not name a PostgreSQL',
  required: false,
};

function readOptions(command: Command, argv: readonly string[]): Map<string, string> {
  const names = [...Object.keys(command.options), 'data-dir'];
  const text = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const given = new Map<string, string>();
  const [first = '-', ...others] = argv;
  const bare = command.operand !== undefined && !first.startsWith('-');
  const args = bare ? [`--${command.operand}`, first, ...others] : [...argv];
  try {
    const { values } = parseArgs({ args, options: { ...text, help: { type: 'boolean' } } });
    for (const [name, value] of Object.entries(values)) given.set(name, String(value));
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (given.has('help')) return given;
  const missing = Object.entries(command.options)
    .filter(([name, { required }]) => required === true && !given.get(name))
    .map(([name]) => `--${name} is missing.`);
  if (missing.length > 0) throw new UsageProblem(missing.join('\n'));
  return given;
}

function placeOf(command: Command, given: ReadonlyMap<string, string>, env: Environment): DatabasePlace {
  const problems: string[] = [];
  const place = readDatabasePlace({ given: given.get('data-dir'), demo: false, env }, problems);
  const mayBegin = command.database !== 'existing' && command.database !== 'as_it_is';
  if (place.dataDir !== null && !mayBegin && !existsSync(place.dataDir))
    problems.push(`There is no folder ${place.dataDir}: name the database with --data-dir or DATABASE_URL.`);
  if (problems.length > 0) throw new UsageProblem(problems.join('\n'));
  return place;
}

async function withDatabase(
  command: Command,
  place: DatabasePlace,
  work: (database: Database) => Promise<number>,
): Promise<number> {
  // What changes nothing makes no keys either: without those of its server the database is read as far as that goes.
  const ring = command.database === 'as_it_is' ? (keysThere(place) ?? KeyRing.make()) : null;
  const database = await openPlace(ring === null ? place : { ...place, keys: { ring } });
  try {
    if (command.database === 'as_it_is') await insistOnSchema(database);
    else if (command.database !== 'empty') {
      await migrate(database);
      await insistOnKeys(database, Date.now());
      await sealOld(database);
    }
    return await work(audited(database, Date.now));
  } finally {
    await database.close();
  }
}

/** With the keys of the server that the folder or the environment names, where they are there: what is sealed opens then. */
async function withScratch(
  keys: KeyRing | null,
  work: (database: Database) => Promise<number>,
): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zhangtai-scratch-'));
  try {
    const database = await openDatabase({ dataDir, ...(keys === null ? {} : { keys }) });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function insistOnSchema(database: Database): Promise<void> {
  const [version, newest] = [await versionOf(database), await newestVersion()];
  if (version === newest) return;
  if (version === 0) throw new CommandRefused('There is no ledger in this database.');
  throw new CommandRefused(
    `The database has schema version ${version}, this program needs ${newest}. ${version < newest ? 'Start the server once to migrate it' : 'Use a newer version'}; nothing was changed.`,
  );
}

function contextOf(database: Database, given: ReadonlyMap<string, string>, env: Environment): CommandContext {
  return {
    database,
    nowMs: Date.now(),
    env,
    option: (name) => given.get(name),
    required(name) {
      const value = given.get(name);
      if (value === undefined) throw new Error(`--${name} is not required by the command that reads it`);
      return value;
    },
    say: (line) => void process.stdout.write(`${line}\n`),
    readSecret,
  };
}

async function readSecret(prompt: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) process.stderr.write(prompt);
  // A terminal echoes through the line reader's output, and this one shows nothing.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output, terminal: stdin.isTTY });
  try {
    for await (const line of lines) return line;
    throw new CommandRefused('There is no password on standard input.');
  } finally {
    lines.close();
    if (stdin.isTTY) process.stderr.write('\n');
  }
}
