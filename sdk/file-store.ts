/**
 * Keeps usages in a file of lines that is only ever added to, each on the disk before it counts: what was taken outlives
 * the process and the machine. One process has a file at a time. It must never drop a line that it cannot read, but for
 * the last one, whose writing a crash cut off.
 */
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { UsageBody } from '../shared/api-metering.ts';
import type { UsageStore } from './usage-store.ts';

type Line =
  | { readonly usage: UsageBody }
  | { readonly settled: readonly string[] }
  | { readonly parked: string; readonly code: string };

/** Bytes from which a file in which nothing waits is emptied. */
const emptiedFromBytes = 256 * 1024;

/** Opens the file, or makes it, and rewrites it without what is settled. Throws where a line cannot be read. */
export async function fileStore(path: string): Promise<UsageStore> {
  const kept = await readKept(path);
  const bytes = await rewrite(path, kept);
  return new FileStore(await open(path, 'a'), bytes, kept);
}

interface Kept {
  readonly waiting: Map<string, UsageBody>;
  readonly parked: Map<string, { readonly usage: UsageBody; readonly code: string }>;
}

interface Entry {
  readonly text: string;
  /** What the line says, once it is on the disk. */
  readonly apply: () => unknown;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

class FileStore implements UsageStore {
  readonly #file: FileHandle;
  readonly #kept: Kept;
  #bytes: number;
  #entries: Entry[] = [];
  /** Set and taken back in one go with the look at what is left to write: no line waits for somebody who has gone. */
  #busy = false;
  #writing: Promise<void> | null = null;

  constructor(file: FileHandle, bytes: number, kept: Kept) {
    this.#file = file;
    this.#bytes = bytes;
    this.#kept = kept;
  }

  async load(): Promise<readonly UsageBody[]> {
    return [...this.#kept.waiting.values()];
  }

  append(usage: UsageBody): Promise<void> {
    return this.#write({ usage }, () => this.#kept.waiting.set(usage.id, usage));
  }

  settle(ids: readonly string[]): Promise<void> {
    return this.#write({ settled: ids }, () => {
      for (const id of ids) this.#kept.waiting.delete(id);
    });
  }

  park(id: string, code: string): Promise<void> {
    return this.#write({ parked: id, code }, () => park(this.#kept, id, code));
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #write(line: Line, apply: () => unknown): Promise<void> {
    return new Promise((done, failed) => {
      this.#entries.push({ text: lineText(line), apply, done, failed });
      if (!this.#busy) this.#writing = this.#drain();
    });
  }

  /** Lines that come while the disk is busy go to it together. */
  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#entries.length > 0) {
      const entries = this.#entries;
      this.#entries = [];
      try {
        const text = entries.map((entry) => entry.text).join('');
        await this.#file.appendFile(text);
        await this.#file.datasync();
        this.#bytes += Buffer.byteLength(text);
        for (const { apply } of entries) apply();
        await this.#empty();
        for (const { done } of entries) done();
      } catch (error) {
        // Half a line must not stand before the next one. Where that fails too, the next opening says so.
        await this.#file.truncate(this.#bytes).catch(() => undefined);
        for (const { failed } of entries) failed(error);
      }
    }
    this.#busy = false;
  }

  /** A process that runs for years leaves no file of years. */
  async #empty(): Promise<void> {
    const { waiting, parked } = this.#kept;
    if (waiting.size > 0 || parked.size > 0 || this.#bytes < emptiedFromBytes) return;
    await this.#file.truncate(0);
    this.#bytes = 0;
  }
}

function park({ waiting, parked }: Kept, id: string, code: string): void {
  const usage = waiting.get(id);
  if (usage !== undefined) parked.set(id, { usage, code });
  waiting.delete(id);
}

function lineText(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

async function readKept(path: string): Promise<Kept> {
  const kept: Kept = { waiting: new Map(), parked: new Map() };
  // What follows the last line break was never finished, so nobody was told that it is kept.
  const lines = (await textOf(path)).split('\n').slice(0, -1);
  for (const [index, text] of lines.entries()) {
    const line = lineOf(text);
    if (line === null) throw new Error(`${path}, line ${index + 1}: this is no line of usages`);
    if ('usage' in line) kept.waiting.set(line.usage.id, line.usage);
    else if ('settled' in line) for (const id of line.settled) kept.waiting.delete(id);
    else park(kept, line.parked, line.code);
  }
  return kept;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function lineOf(text: string): Line | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const known = 'usage' in value || 'settled' in value || ('parked' in value && 'code' in value);
  return known ? (value as Line) : null;
}

/** In a file beside it that takes its name once it is whole. Returns its bytes. */
async function rewrite(path: string, { waiting, parked }: Kept): Promise<number> {
  const lines: Line[] = [...waiting.values()].map((usage) => ({ usage }));
  for (const [id, { usage, code }] of parked) lines.push({ usage }, { parked: id, code });
  const text = lines.map(lineText).join('');
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
  return Buffer.byteLength(text);
}

/** A new name reaches the disk with its folder. Windows has no such thing, and does it by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
