/**
 * A file that nobody can read or change without its key: AES-256-GCM in pieces, each bound to its place, the last one to
 * being the last, all of them to the header, so that nothing can be altered, exchanged, left out or cut off unnoticed.
 * It streams, and must never let out a byte that was not authenticated.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';

/** Why a sealed file cannot be opened; the message ends a sentence that begins with the file's name. */
export class SealFault extends Error {
  readonly fault: 'key' | 'damaged' | 'cut_off';

  constructor(fault: SealFault['fault'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SealFault';
    this.fault = fault;
  }
}

/** Keys by their ids. The first one seals; every one opens, so that an old file outlives a change of keys. */
export interface SealKeys {
  readonly first: SealKey;
  readonly byId: ReadonlyMap<string, SealKey>;
}
export interface SealKey {
  readonly id: string;
  readonly key: KeyObject;
}

const keyBytes = 32;
const saltBytes = 32;
const tagBytes = 16;
const pieceBytes = 64 * 1024;
/** A header is a line; what has no end in so many bytes is no header. */
const headerBytesMax = 1_024;
const begins = '{"format":"zhangtai-sealed"';

const Header = z.strictObject({
  format: z.literal('zhangtai-sealed'),
  formatVersion: z.literal(1),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Lines of 32 bytes in base64; empty ones and those that begin with # are passed over. Null: that is no key file. */
export function parseKeys(text: string): SealKeys | null {
  const lines = text.split('\n').map((line) => line.trim());
  const given = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const byId = new Map<string, SealKey>();
  for (const line of given) {
    const bytes = Buffer.from(line, 'base64');
    if (bytes.length !== keyBytes || bytes.toString('base64') !== line) return null;
    const id = hash('sha256', bytes, 'hex').slice(0, 16);
    byId.set(id, { id, key: createSecretKey(bytes) });
  }
  const [first] = byId.values();
  return first === undefined ? null : { first, byId };
}

/** Seals what comes in. */
export async function* seal(key: SealKey, plain: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const salt = randomBytes(saltBytes).toString('hex');
  const header = Buffer.from(
    `${JSON.stringify({ format: 'zhangtai-sealed', formatVersion: 1, keyId: key.id, salt })}\n`,
  );
  yield header;
  const fileKey = keyOfFile(key, salt, header);
  let index = 0;
  for await (const { bytes, last } of pieces(plain, pieceBytes)) {
    const cipher = createCipheriv('aes-256-gcm', fileKey, nonceOf(index, last));
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    index += 1;
  }
}

/** Whether a file that begins so is a sealed one. */
export function isSealed(start: Uint8Array): boolean {
  return Buffer.from(start).subarray(0, begins.length).toString('latin1') === begins;
}

/** Opens what `seal` has sealed. Throws SealFault before it would let out anything that is not as it was. */
export async function* unseal(keys: SealKeys, sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { line, rest } = await splitHeader(sealed);
  const header = Header.safeParse(readJson(line));
  if (!header.success) throw new SealFault('damaged', 'is damaged: its header cannot be read.');
  const { keyId, salt } = header.data;
  const key = keys.byId.get(keyId);
  if (key === undefined)
    throw new SealFault('key', `was sealed with the key ${keyId}, which is not in the key file.`);
  const fileKey = keyOfFile(key, salt, line);
  let index = 0;
  for await (const { bytes, last } of pieces(rest, pieceBytes + tagBytes)) {
    yield openPiece(fileKey, index, bytes, last);
    index += 1;
  }
}

/** The key of one file alone: the header is part of it, so that one that was altered opens nothing. */
function keyOfFile(key: SealKey, salt: string, header: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', key.key, Buffer.from(salt, 'hex'), header, keyBytes));
}

function nonceOf(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce.writeUInt8(last ? 1 : 0, 11);
  return nonce;
}

function openPiece(fileKey: Buffer, index: number, piece: Buffer, last: boolean): Buffer {
  const opened = tryPiece(fileKey, index, piece, last);
  if (opened !== null) return opened;
  // A piece in its place that says of itself that more follow: the rest of the file is missing.
  if (last && tryPiece(fileKey, index, piece, false) !== null)
    throw new SealFault('cut_off', `was cut off after part ${index + 1}.`);
  if (last && piece.length < pieceBytes + tagBytes)
    throw new SealFault(
      'damaged',
      `was cut off or is damaged: its part ${index + 1}, the last one, is not whole.`,
    );
  throw new SealFault(
    'damaged',
    index === 0
      ? 'is damaged: its header or its first part was altered.'
      : `is damaged: its part ${index + 1} was altered.`,
  );
}

function tryPiece(fileKey: Buffer, index: number, piece: Buffer, last: boolean): Buffer | null {
  if (piece.length < tagBytes) return null;
  const decipher = createDecipheriv('aes-256-gcm', fileKey, nonceOf(index, last));
  decipher.setAuthTag(piece.subarray(piece.length - tagBytes));
  const opened = decipher.update(piece.subarray(0, piece.length - tagBytes));
  try {
    return Buffer.concat([opened, decipher.final()]);
  } catch {
    return null; // Said by whoever asked.
  }
}

interface Piece {
  readonly bytes: Buffer;
  readonly last: boolean;
}

/** The same bytes in pieces of one size, but for the last, which may be shorter or empty and is always there. */
async function* pieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Piece> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    length += chunk.length;
    // Of what fills the last piece exactly it is known only later that it is the last.
    if (length <= size) continue;
    const bytes = Buffer.concat(waiting);
    let from = 0;
    for (; bytes.length - from > size; from += size)
      yield { bytes: bytes.subarray(from, from + size), last: false };
    waiting = [bytes.subarray(from)];
    length = bytes.length - from;
  }
  yield { bytes: Buffer.concat(waiting), last: true };
}

async function splitHeader(
  sealed: AsyncIterable<Uint8Array>,
): Promise<{ readonly line: Buffer; readonly rest: AsyncIterable<Uint8Array> }> {
  const source = sealed[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  let end = -1;
  while (end < 0 && start.length <= headerBytesMax) {
    const { done, value } = await source.next();
    if (done === true) break;
    start = Buffer.concat([start, value]);
    end = start.indexOf('\n');
  }
  if (end < 0) throw new SealFault('damaged', 'is damaged: it has no header.');
  const line = start.subarray(0, end + 1);
  const first = start.subarray(end + 1);
  return {
    line,
    rest: (async function* () {
      yield first;
      yield* { [Symbol.asyncIterator]: () => source };
    })(),
  };
}

function readJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined; // The schema that it is held against says no.
  }
}
