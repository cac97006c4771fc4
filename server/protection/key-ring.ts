/**
 * Seals what must not be read from a stolen database: AES-256-GCM, each value with the name of the key that sealed it,
 * so that old and new values are readable while keys change. It must never seal with any key but the newest, and never
 * put a key into a message.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Bytes of a key, of GCM's nonce and of its tag. */
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** Keys that one ring may have: the newest seals, the others still read. */
const keysMax = 20;
const sealedPattern = /^z1\.([a-z0-9-]{1,32})\.([\w-]{38,})$/;

/** The keys cannot be used; the message is a sentence for the person who starts the server, without a key in it. */
export class KeysUnusable extends Error {}

interface Key {
  readonly id: string;
  readonly sealing: Buffer;
  readonly indexing: Buffer;
}

export class KeyRing {
  readonly #keys: ReadonlyMap<string, Key>;
  readonly #newest: Key;

  /** Newest first. */
  private constructor(keys: readonly Key[]) {
    const [newest] = keys;
    if (newest === undefined) throw new KeysUnusable('There is no key.');
    this.#newest = newest;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    if (this.#keys.size !== keys.length) throw new KeysUnusable('Two keys have the same name.');
  }

  /** Keys as text, newest first: `name:base64` of 32 bytes each, with commas or line ends between. */
  static parse(text: string): KeyRing {
    const parts = text.split(/[\s,]+/).filter((part) => part !== '');
    if (parts.length > keysMax) throw new KeysUnusable(`A ring has at most ${keysMax} keys.`);
    return new KeyRing(parts.map(keyOf));
  }

  /** One with a key that nobody else has: for what ends with the process. */
  static make(): KeyRing {
    return KeyRing.parse(newKeyText('memory'));
  }

  /** The name of the key that seals. */
  get newest(): string {
    return this.#newest.id;
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /**
   * `about` names what the value is of, such as an account's e-mail: a sealed value that was moved to another place
   * does not open there.
   */
  seal(plain: string, about: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#newest.sealing, nonce);
    cipher.setAAD(Buffer.from(about));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    const bytes = Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    return `z1.${this.#newest.id}.${bytes.toString('base64url')}`;
  }

  /** Throws KeysUnusable where the key is not in the ring, or where the value was altered or moved. */
  open(sealed: string, about: string): string {
    const [, id = '', text = ''] = sealedPattern.exec(sealed) ?? [];
    const key = this.#keys.get(id);
    if (key === undefined) throw new KeysUnusable(`No key named "${id}" is in the ring.`);
    const bytes = Buffer.from(text, 'base64url');
    // What decodes to the same without being the same was written by somebody else.
    if (bytes.toString('base64url') !== text) throw notOf(id, about);
    const nonce = bytes.subarray(0, nonceBytes);
    const options = { authTagLength: tagBytes };
    const decipher = createDecipheriv('aes-256-gcm', key.sealing, nonce, options);
    decipher.setAAD(Buffer.from(about));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
      return plain.toString('utf8');
    } catch (error) {
      throw notOf(id, about, error);
    }
  }

  /** By what a value is found without being read: the same for the same value, under the newest key. */
  index(plain: string, about: string): string {
    return indexUnder(this.#newest, plain, about);
  }

  /** The same under every key of the ring: a row that was written before the newest came is found too. */
  indexes(plain: string, about: string): string[] {
    return [...this.#keys.values()].map((key) => indexUnder(key, plain, about));
  }
}

function notOf(id: string, about: string, cause?: unknown): KeysUnusable {
  return new KeysUnusable(`A value sealed with "${id}" was altered, or is not of ${about}.`, { cause });
}

/** Whether this is a sealed value, whoever can open it. */
export function isSealed(text: string): boolean {
  return sealedPattern.test(text);
}

/** A line for a ring, with a key that was never used. */
export function newKeyText(name: string): string {
  return `${name}:${randomBytes(keyBytes).toString('base64')}`;
}

/** From one key of the ring come two that say nothing of each other. */
function keyOf(part: string): Key {
  const [, id, text = ''] = /^([a-z0-9-]{1,32}):([\w+/=-]+)$/.exec(part) ?? [];
  if (id === undefined) throw new KeysUnusable('A key is a name, a colon, and 32 bytes in base64.');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== keyBytes)
    throw new KeysUnusable(`The key "${id}" has ${bytes.length} bytes: it needs ${keyBytes}.`);
  const derived = (use: string): Buffer => Buffer.from(hkdfSync('sha256', bytes, '', use, keyBytes));
  return { id, sealing: derived('zhangtai sealing'), indexing: derived('zhangtai index') };
}

function indexUnder(key: Key, plain: string, about: string): string {
  return `${key.id}.${createHmac('sha256', key.indexing).update(`${about}\n${plain}`).digest('base64url')}`;
}
