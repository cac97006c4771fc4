/**
 * Compares the numbers that this device gave its charges with those that the server has seen of it (S2): a gap says that
 * charges were lost here, a number seen twice that a second copy of the data folder is in use, or that an old one came
 * back. It must never give a number away that the server has seen already, nor hide what a person has not taken note of.
 */
import type { SyncState } from '../../shared/ipc-desk.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import type { Outbox } from './outbox.ts';
import type { CallFailure, ServerClient } from './server-client.ts';

export interface Numbers {
  /** A full round's part. Null when the server answered. */
  check(accountId: string, signal: AbortSignal): Promise<CallFailure | null>;
  /** What is at odds; null when nothing is, or a person has taken note of all of it. */
  state(accountId: string): SyncState['numbers'];
  /** A person has seen it. */
  takeNote(accountId: string): void;
}

export interface NumbersParts {
  readonly outbox: Pick<Outbox, 'isPending' | 'numberAbove'>;
  readonly snapshots: Snapshots;
  readonly client: Pick<ServerClient, 'call'>;
  readonly deviceId: string;
  readonly now: () => number;
}

export function createNumbers({ outbox, snapshots, client, deviceId, now }: NumbersParts): Numbers {
  const kept = (accountId: string) =>
    snapshots.read(accountId, 'numbers')?.body ?? { missing: [], reused: [], noted: [] };
  return {
    async check(accountId, signal) {
      const outcome = await client.call('devices', { signal });
      if (outcome.kind === 'not_modified')
        throw new Error('an unconditional call was answered with not_modified');
      if (outcome.kind !== 'ok') return outcome;
      const seen = outcome.body.items.find((device) => device.deviceId === deviceId);
      if (seen === undefined) return null;
      outbox.numberAbove(accountId, seen.lastSeq);
      // One that still waits here is only late.
      const missing = seen.missing.filter((number) => !outbox.isPending(accountId, number));
      const before = kept(accountId);
      const isSame = same(before.missing, missing) && same(before.reused, seen.reused);
      if (!isSame) {
        const body = { missing, reused: seen.reused, noted: before.noted };
        snapshots.write(accountId, 'numbers', body, { atMs: now() });
      }
      return null;
    },
    state(accountId) {
      const { missing, reused, noted } = kept(accountId);
      const seen = new Set(noted);
      const open = {
        missing: missing.filter((number) => !seen.has(number)),
        reused: reused.filter((number) => !seen.has(number)),
      };
      return open.missing.length + open.reused.length === 0 ? null : open;
    },
    takeNote(accountId) {
      const { missing, reused } = kept(accountId);
      const body = { missing, reused, noted: [...missing, ...reused] };
      snapshots.write(accountId, 'numbers', body, { atMs: now() });
    },
  };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, index) => number === b[index]);
}
