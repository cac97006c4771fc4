/**
 * S4: that mirror and server disagree with nothing pending, kept until they agree again, across restarts. It must never
 * let charging go on before a person has seen both sides.
 */
import type { Snapshots } from '../cache/snapshots.ts';
import type { Changes } from '../changes.ts';
import type { Drift } from './pull.ts';

export interface DriftRecord {
  /** Null while the two agree. */
  of(accountId: string): Drift | null;
  /** They differ, and no person has said that charging may go on. */
  stopsCharging(accountId: string): boolean;
  /** What the last comparison came to; null: they agree. What a person has confirmed stays so until they do. */
  note(accountId: string, found: Drift | null): void;
  /** A person lets charging go on. Null when there is no difference, or the server's head is not the one they saw. */
  confirm(accountId: string, serverHead: string): Drift | null;
}

export interface DriftParts {
  readonly snapshots: Snapshots;
  readonly changes: Changes;
  readonly now: () => number;
}

export function createDriftRecord({ snapshots, changes, now }: DriftParts): DriftRecord {
  const of = (accountId: string): Drift | null => snapshots.read(accountId, 'drift')?.body ?? null;
  const keep = (accountId: string, drift: Drift | null): void => {
    snapshots.write(accountId, 'drift', drift, { atMs: now() });
    changes.tell('sync');
  };
  return {
    of,
    stopsCharging(accountId) {
      const drift = of(accountId);
      return drift !== null && drift.confirmedAt === null;
    },
    note(accountId, found) {
      const before = of(accountId);
      if (found === null && before === null) return;
      keep(accountId, found === null ? null : { ...found, confirmedAt: before?.confirmedAt ?? null });
    },
    confirm(accountId, serverHead) {
      const drift = of(accountId);
      if (drift === null || drift.server.head !== serverHead) return null;
      const confirmed = { ...drift, confirmedAt: new Date(now()).toISOString() };
      keep(accountId, confirmed);
      return confirmed;
    },
  };
}
