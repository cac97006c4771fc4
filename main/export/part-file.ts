/**
 * A file that appears whole or not at all: it is written beside the place it is meant for and moved there at the end. It
 * tells how far it is and stops when it is told to. Whatever happens, no partial file stays.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';

export type ExportEnd =
  | { readonly kind: 'done'; readonly written: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly code: 'disk_full' | 'export_failed'; readonly detail: string };
export type ExportProgress = {
  readonly kind: 'progress';
  readonly written: number;
  readonly total: number;
};

/** Where a file goes, and the flag that stops it. */
export interface FilePlace {
  /** The finished file. */
  readonly path: string;
  /** One 32-bit integer; anything but 0 cancels. */
  readonly cancel: SharedArrayBuffer;
}

export interface PartFile {
  readonly out: WriteStream;
  /** Rejects when the file can't be written any more. */
  readonly failed: Promise<never>;
  /** To be called after each row; throws when the export was cancelled. */
  readonly rowDone: () => void;
}

const progressEveryMs = 200;
/** How many rows are written between two looks at the clock and the cancel flag: well under a hundredth of a second. */
const rowsBetweenLooks = 50;

class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/**
 * `work` is given how to write the file once it knows how many rows there will be, and throws when what was written must
 * not be kept. Never throws for anything a disk or database does. `onProgress` is called at once, and about five times a
 * second.
 */
export async function writeWhole(
  { path, cancel }: FilePlace,
  onProgress: (progress: ExportProgress) => void,
  work: (write: (total: number, fill: (file: PartFile) => Promise<void>) => Promise<number>) => Promise<void>,
): Promise<ExportEnd> {
  const part = `${path}.part`;
  const cancelled = new Int32Array(cancel);
  let written = 0;
  try {
    await work(async (total, fill) => {
      written = await writePart(part, cancelled, total, onProgress, fill);
      return written;
    });
    await rename(part, path);
    return { kind: 'done', written };
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (error instanceof Cancelled) return { kind: 'cancelled' };
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL';
    return { kind: 'failed', code: isFull ? 'disk_full' : 'export_failed', detail: String(error) };
  }
}

async function writePart(
  part: string,
  cancelled: Int32Array,
  total: number,
  onProgress: (progress: ExportProgress) => void,
  fill: (file: PartFile) => Promise<void>,
): Promise<number> {
  onProgress({ kind: 'progress', written: 0, total });
  let written = 0;
  let toldAtMs = Date.now();
  const lookWhetherCancelled = (): void => {
    if (Atomics.load(cancelled, 0) !== 0) throw new Cancelled('the export was cancelled');
  };
  const out = createWriteStream(part, { flush: true });
  const { failed, stop } = failureOf(out);
  try {
    await fill({
      out,
      failed,
      rowDone() {
        written += 1;
        if (written % rowsBetweenLooks !== 0) return;
        lookWhetherCancelled();
        if (Date.now() - toldAtMs < progressEveryMs) return;
        toldAtMs = Date.now();
        onProgress({ kind: 'progress', written, total });
      },
    });
    await finished(out);
  } finally {
    stop();
    await closed(out);
  }
  lookWhetherCancelled();
  return written;
}

/** Turns the stream's error into a rejection that anything waiting for the stream can be raced with. */
function failureOf(out: WriteStream): { failed: Promise<never>; stop: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when it fails; the next wait then finds it.
  promise.catch(() => undefined);
  out.on('error', reject);
  return { failed: promise, stop: () => void out.off('error', reject).on('error', () => undefined) };
}

/** Waits until the file is closed, however the writing went: an open file can't be removed everywhere. */
async function closed(out: WriteStream): Promise<void> {
  if (out.closed) return;
  await new Promise<void>((resolve) => {
    out.once('close', resolve);
    out.destroy();
  });
}
