/**
 * Keeps the desk's secrets (the refresh token) in one file that only its owner can read, sealed by the host where
 * it can seal. It must never write a secret anywhere else, nor into a log.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** How a host locks a secret: Electron's safeStorage does, a plain loopback shell has only the file's mode. */
export interface Seal {
  readonly name: string;
  close(secret: string): string;
  /** Throws when it was sealed by another key. */
  open(sealed: string): string;
}

/** No lock but the file's mode 0600. */
export const plainSeal: Seal = { name: 'plain', close: (secret) => secret, open: (sealed) => sealed };

const SecretFile = z.record(z.string(), z.object({ seal: z.string(), value: z.string() }));
type SecretFile = z.infer<typeof SecretFile>;

export interface Secrets {
  /** Null: there is none, or it cannot be opened here; the person signs in again. */
  get(name: string): string | null;
  /** Null takes it away. Throws the file system's error when it cannot be kept. */
  set(name: string, value: string | null): void;
}

/** Secrets in the file at `path`, sealed with `seal`. `note` is told why a kept secret could not be read. */
export function secretsInFile(path: string, seal: Seal, note: (line: string) => void): Secrets {
  const read = (): SecretFile => {
    try {
      return SecretFile.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        note(`${path} could not be read and starts anew: ${(error as Error).name}`);
      return {};
    }
  };
  const write = (file: SecretFile): void => {
    const aside = `${path}.new`;
    rmSync(aside, { force: true });
    const descriptor = openSync(aside, 'wx', 0o600);
    try {
      writeFileSync(descriptor, JSON.stringify(file));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(aside, path);
  };
  return {
    get: (name) => {
      const kept = read()[name];
      if (kept === undefined) return null;
      try {
        if (kept.seal === seal.name) return seal.open(kept.value);
        if (kept.seal === plainSeal.name) return kept.value;
        throw new Error(`it is sealed with ${kept.seal}, here is ${seal.name}`);
      } catch (error) {
        note(`the secret ${name} cannot be opened: ${(error as Error).message}`);
        return null;
      }
    },
    set: (name, value) => {
      const { [name]: _replaced, ...others } = read();
      write(value === null ? others : { ...others, [name]: { seal: seal.name, value: seal.close(value) } });
    },
  };
}
