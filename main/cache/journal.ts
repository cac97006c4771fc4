/**
 * Tells whether SQLite's journal beside a database (`-wal`) has lost what was committed to it. SQLite reads such a
 * journal up to the first frame that does not check out and says nothing of the rest; here that is noticed before it is
 * opened. It reads the files as they lie there, per https://sqlite.org/walformat.html, and must never change them.
 */
import { readFileSync, statSync } from 'node:fs';
import { endianness } from 'node:os';

const headerBytes = 32;
const frameHeaderBytes = 24;
const magicBigEndian = 0x377f0683;
const magicLittleEndian = 0x377f0682;

/** The frames from the front that check out, and the ends of transactions among those behind them. */
interface Read {
  readonly salts: string | null;
  readonly wholeFrames: number;
  readonly endsBehind: number;
}

/** Whether transactions that were committed to the journal of this database can't be read from it any more. */
export function journalIsBroken(file: string): boolean {
  const wal = readIfThere(`${file}-wal`);
  const index = readIndex(readIfThere(`${file}-shm`));
  const read = readFrames(wal);
  // A power cut may leave the last transaction's frames in pieces, and nobody was told that they were committed.
  if (read.endsBehind > 1) return true;
  if (index === null || index.frames <= index.framesMovedOver) return false;
  return index.salts !== read.salts || index.frames > read.wholeFrames;
}

function readIfThere(file: string): Buffer {
  return statSync(file, { throwIfNoEntry: false }) === undefined ? Buffer.alloc(0) : readFileSync(file);
}

function readFrames(wal: Buffer): Read {
  const nothing = { salts: null, wholeFrames: 0, endsBehind: 0 };
  if (wal.length < headerBytes) return nothing;
  const magic = wal.readUInt32BE(0);
  const pageBytes = wal.readUInt32BE(8);
  const isKnown = magic === magicBigEndian || magic === magicLittleEndian;
  const sum = checksum(wal, 0, 24, [0, 0], magic === magicBigEndian);
  if (!isKnown || sum[0] !== wal.readUInt32BE(24) || sum[1] !== wal.readUInt32BE(28))
    // Written once, whole, before the frames: what follows it can't be read.
    return wal.length > headerBytes ? { ...nothing, endsBehind: Number.POSITIVE_INFINITY } : nothing;
  const salts = wal.toString('hex', 16, 24);
  let [running, wholeFrames, endsBehind] = [sum, 0, 0];
  let isChained = true;
  const frameBytes = frameHeaderBytes + pageBytes;
  for (let at = headerBytes; at + frameBytes <= wal.length; at += frameBytes) {
    const isOurs = wal.toString('hex', at + 8, at + 16) === salts;
    if (isChained) {
      running = checksum(wal, at, 8, running, magic === magicBigEndian);
      running = checksum(wal, at + frameHeaderBytes, pageBytes, running, magic === magicBigEndian);
      const [first, second] = running;
      isChained = isOurs && first === wal.readUInt32BE(at + 16) && second === wal.readUInt32BE(at + 20);
    }
    const isEnd = wal.readUInt32BE(at + 4) !== 0;
    if (isChained) wholeFrames += 1;
    // Frames of an earlier round of the journal lie behind the last one of this.
    else if (isOurs && isEnd) endsBehind += 1;
  }
  return { salts, wholeFrames, endsBehind };
}

type Sum = readonly [number, number];

function checksum(bytes: Buffer, from: number, length: number, [s0, s1]: Sum, isBigEndian: boolean): Sum {
  const words = new DataView(bytes.buffer, bytes.byteOffset + from, length);
  let [a, b] = [s0, s1];
  for (let at = 0; at < length; at += 8) {
    a = (a + words.getUint32(at, !isBigEndian) + b) >>> 0;
    b = (b + words.getUint32(at + 4, !isBigEndian) + a) >>> 0;
  }
  return [a, b];
}

/** What the shared index last knew of the journal; null when it is not there or does not check out itself. */
function readIndex(
  shm: Buffer,
): { readonly salts: string; readonly frames: number; readonly framesMovedOver: number } | null {
  const copyBytes = 48;
  if (shm.length < 2 * copyBytes + 4) return null;
  const isBigEndian = endianness() === 'BE';
  const read = (at: number): number => (isBigEndian ? shm.readUInt32BE(at) : shm.readUInt32LE(at));
  const [first, second] = checksum(shm, 0, 40, [0, 0], isBigEndian);
  const isWhole =
    shm[12] === 1 &&
    first === read(40) &&
    second === read(44) &&
    shm.subarray(0, copyBytes).equals(shm.subarray(copyBytes, 2 * copyBytes));
  if (!isWhole) return null;
  return { salts: shm.toString('hex', 32, 40), frames: read(16), framesMovedOver: read(96) };
}
