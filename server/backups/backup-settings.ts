/**
 * Where, when and sealed with what backups are made, from the environment. It finds everything that is wrong with that at
 * once, and must never print what stands in a key file.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseKeys, type SealKeys } from '../database/sealed-file.ts';
import { keepRuleDefault, parseKeepRule, type KeepRule } from './keeping.ts';

export interface BackupSettings {
  readonly folder: string;
  readonly keyFile: string;
  readonly keys: SealKeys;
  /** Minutes after midnight in China. */
  readonly atMinute: number;
  readonly keep: KeepRule;
}

const atDefault = '03:30';

type Environment = Readonly<Record<string, string | undefined>>;

/** Null where no folder is named: the server makes no backups then. */
export function readBackups(env: Environment, problems: string[]): BackupSettings | null {
  const folder = env['ZHANGTAI_BACKUP_DIR'] || null;
  const keyFile = env['ZHANGTAI_BACKUP_KEY_FILE'] || null;
  const keep = keepOf(env['ZHANGTAI_BACKUP_KEEP'], problems);
  const atMinute = minuteOf(env['ZHANGTAI_BACKUP_AT'] || atDefault, problems);
  if (folder === null) return null;
  if (!isFolder(folder)) problems.push(`ZHANGTAI_BACKUP_DIR: there is no folder ${folder}.`);
  if (keyFile === null) {
    problems.push(
      'ZHANGTAI_BACKUP_DIR needs ZHANGTAI_BACKUP_KEY_FILE too: a backup holds the keys of the server.',
    );
    return null;
  }
  const keys = keysIn(keyFile, problems);
  return keys === null ? null : { folder: resolve(folder), keyFile, keys, atMinute, keep };
}

function keysIn(file: string, problems: string[]): SealKeys | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    problems.push(`ZHANGTAI_BACKUP_KEY_FILE: ${file} cannot be read (${code}).`);
    return null;
  }
  const keys = parseKeys(text);
  if (keys === null)
    problems.push(`ZHANGTAI_BACKUP_KEY_FILE: ${file} must have 32 bytes in base64 in each of its lines.`);
  return keys;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function minuteOf(text: string, problems: string[]): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) problems.push('ZHANGTAI_BACKUP_AT must be a time in China such as 03:30.');
  return Number(match?.[1] ?? 0) * 60 + Number(match?.[2] ?? 0);
}

function keepOf(text: string | undefined, problems: string[]): KeepRule {
  if (!text) return keepRuleDefault;
  const rule = parseKeepRule(text);
  if (rule !== null) return rule;
  problems.push('ZHANGTAI_BACKUP_KEEP must be days, weeks and months such as 7d5w12m.');
  return keepRuleDefault;
}
