import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSealed, parseKeys, seal, SealFault, unseal, type SealKeys } from './sealed-file.ts';

const newKeys = (...others: string[]): SealKeys => {
  const keys = parseKeys([randomBytes(32).toString('base64'), ...others].join('\n'));
  if (keys === null) throw new Error('these are keys');
  return keys;
};
const keys = newKeys();
const piece = 64 * 1024;

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

const sealed = (plain: Buffer, by = keys, chunk = 10_000) => gathered(seal(by.first, inChunks(plain, chunk)));
const opened = (file: Buffer, by = keys, chunk = 7_777) => gathered(unseal(by, inChunks(file, chunk)));

/** What is wrong with the file, and how much was let out before that was known. */
async function faultOf(file: Buffer, by = keys): Promise<{ fault: string; message: string; letOut: Buffer }> {
  const out: Buffer[] = [];
  try {
    for await (const part of unseal(by, inChunks(file, 5_000))) out.push(part);
  } catch (error) {
    if (!(error instanceof SealFault)) throw error;
    return { fault: error.fault, message: error.message, letOut: Buffer.concat(out) };
  }
  throw new Error('the file was opened');
}

test('what was sealed comes back, whatever its length and however it streams', async () => {
  const lengths = [0, 1, piece - 1, piece, piece + 1, 3 * piece, 3 * piece + 5];
  for (const length of lengths) {
    const plain = randomBytes(length);
    const file = await sealed(plain, keys, 1 + length / 3);
    expect(isSealed(file)).toBe(true);
    expect((await opened(file, keys, 4_096)).equals(plain)).toBe(true);
    expect(file.includes(plain.subarray(0, 32)) && length >= 32).toBe(false);
  }
});

test('a file of an earlier key is opened as long as that key is in the key file', async () => {
  const old = randomBytes(32).toString('base64');
  const file = await sealed(Buffer.from('before'), parseKeys(old) ?? keys);
  expect((await opened(file, newKeys(old))).toString()).toBe('before');
});

test('the header, any part, the order of parts and the end are all guarded', async () => {
  const plain = randomBytes(4 * piece + 100);
  const file = await sealed(plain);
  const start = file.indexOf('\n') + 1;
  const part = piece + 16;
  const altered = (at: number) => {
    const copy = Buffer.from(file);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  expect(await faultOf(altered(3))).toMatchObject({
    fault: 'damaged',
    message: 'is damaged: its header cannot be read.',
  });
  const saltAt = file.indexOf('"salt"') + 10;
  const otherSalt = Buffer.from(file);
  otherSalt[saltAt] = otherSalt[saltAt] === 0x61 ? 0x62 : 0x61;
  expect(await faultOf(otherSalt)).toMatchObject({
    fault: 'damaged',
    message: 'is damaged: its header or its first part was altered.',
  });
  const middle = await faultOf(altered(start + 2 * part + 1_000));
  expect(middle).toMatchObject({ fault: 'damaged', message: 'is damaged: its part 3 was altered.' });
  expect(middle.letOut.equals(plain.subarray(0, 2 * piece)), 'nothing of the altered part').toBe(true);
  const swapped = Buffer.concat([
    file.subarray(0, start),
    file.subarray(start + part, start + 2 * part),
    file.subarray(start, start + part),
    file.subarray(start + 2 * part),
  ]);
  expect(await faultOf(swapped)).toMatchObject({ fault: 'damaged' });
  expect(await faultOf(file.subarray(0, start + 2 * part))).toMatchObject({
    fault: 'cut_off',
    message: 'was cut off after part 2.',
  });
  expect(await faultOf(file.subarray(0, start + 2 * part + 77))).toMatchObject({
    fault: 'damaged',
    message: 'was cut off or is damaged: its part 3, the last one, is not whole.',
  });
  expect(await faultOf(Buffer.concat([file, Buffer.from('more')]))).toMatchObject({ fault: 'damaged' });
  expect(await faultOf(file.subarray(0, 20))).toMatchObject({ message: 'is damaged: it has no header.' });
  expect(await faultOf(file, newKeys())).toMatchObject({
    fault: 'key',
    message: `was sealed with the key ${keys.first.id}, which is not in the key file.`,
  });
});

test('no bit of a file can be altered without being noticed', async () => {
  const file = await sealed(randomBytes(300));
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
      const copy = Buffer.from(file);
      copy[at] = (copy[at] ?? 0) ^ (1 << bit);
      await expect(opened(copy)).rejects.toThrow(SealFault);
    }),
    { numRuns: 300 },
  );
});

test('a key file has whole keys and nothing else', () => {
  expect(parseKeys('')).toBeNull();
  expect(parseKeys('# none\n')).toBeNull();
  expect(parseKeys(randomBytes(31).toString('base64'))).toBeNull();
  expect(parseKeys(`${randomBytes(32).toString('base64')}\nsecret`)).toBeNull();
  expect(newKeys().byId.size).toBe(1);
});
