/**
 * One process at a time in a data folder: a lock file that names its owner. A file left behind by a killed process
 * must never keep the next one out, and a live owner's file must never be taken away.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Owner = z.object({
  pid: z.int(),
  /** Tells this process from a later one with the same number, where the system can; null elsewhere. */
  born: z.string().nullable(),
  /** Tells this lock from every other. */
  token: z.string(),
});
type Owner = z.infer<typeof Owner>;

/** A lock file is rewritten at most this often while another start is taking the same stale one over. */
const attemptsMax = 5;

export type FolderLock = { readonly unlock: () => Promise<void> } | { readonly heldByPid: number };

/** Takes the folder, which must exist, or says which live process has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'lock.json');
  const own: Owner = { pid: process.pid, born: await birthMark(process.pid), token: randomUUID() };
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    if (await created(path, own)) return { unlock: () => unlock(path, own) };
    const owner = await readOwner(path);
    if (owner === 'gone') continue;
    if (owner !== 'unreadable' && (await alive(owner))) return { heldByPid: owner.pid };
    await setAside(path, owner);
  }
  throw new Error(`the lock file ${path} keeps changing`);
}

async function created(path: string, own: Owner): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: 'wx', flush: true });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<Owner | 'gone' | 'unreadable'> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'gone';
    throw error;
  }
  // A process that was killed between creating the file and writing it leaves an empty one.
  const parsed = Owner.safeParse(text === '' ? null : parseJson(text));
  return parsed.success ? parsed.data : 'unreadable';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Not our JSON, so not a lock of ours: the caller calls it unreadable.
  }
}

async function alive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    if (!hasCode(error, 'EPERM')) throw error;
  }
  return owner.born === null || owner.born === (await birthMark(owner.pid));
}

/** Which boot and which moment of it a process began in, on Linux; numbers of processes come round again. */
async function birthMark(pid: number): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in field 2 may hold spaces and brackets; field 22, the start time, is counted from its end.
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return startTicks === undefined ? null : `${boot.trim()}:${startTicks}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return null;
    throw error;
  }
}

/**
 * Moves a stale lock out of the way. Renaming is atomic, but between judging the file and renaming it another
 * start may have put its own in place: what was moved is looked at, and a live one is put back.
 */
async function setAside(path: string, judged: Owner | 'unreadable'): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = await readOwner(aside);
  const same =
    moved === judged ||
    (typeof moved === 'object' && typeof judged === 'object' && moved.token === judged.token);
  if (!same) await link(aside, path);
  await rm(aside);
}

async function unlock(path: string, own: Owner): Promise<void> {
  const owner = await readOwner(path);
  if (typeof owner === 'object' && owner.token === own.token) await rm(path);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
