/** Tells what a file of rows is made of, and its bytes as text. It must never take for text what is not. */

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';
export interface Decoded {
  readonly text: string;
  readonly encoding: Encoding;
}

/** Share of undecodable characters from which a file counts as not being text at all. */
const undecodableShareMax = 0.01;

/** As a workbook is; every other zip is one too, and is then found not to be a workbook. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

/** By byte order mark, else strict UTF-8, else GB18030, which GBK and GB2312 are part of. Null: not text. */
export function decode(bytes: Uint8Array): Decoded | null {
  const marked = (first: number, second: number): boolean => bytes[0] === first && bytes[1] === second;
  if (marked(0xff, 0xfe)) return ifText({ text: decodeAs('utf-16le', bytes), encoding: 'utf-16le' });
  if (marked(0xfe, 0xff)) return ifText({ text: decodeAs('utf-16be', bytes), encoding: 'utf-16be' });
  try {
    return ifText({ text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' });
  } catch {
    // Not UTF-8: what a spreadsheet program on a Chinese Windows saves is the likely other thing.
    return ifText({ text: decodeAs('gb18030', bytes), encoding: 'gb18030' });
  }
}

function decodeAs(label: string, bytes: Uint8Array): string {
  return new TextDecoder(label).decode(bytes);
}

function ifText(decoded: Decoded): Decoded | null {
  if (decoded.text.includes('\0')) return null;
  const undecodable = decoded.text.split('\ufffd').length - 1;
  return undecodable > decoded.text.length * undecodableShareMax ? null : decoded;
}
