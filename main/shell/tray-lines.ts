/**
 * What the tray says in two lines: the balance, and whether the desk is in step with its server. It shows what the
 * engine told and must never reckon.
 */
import type { BalanceState, SyncState } from '../../shared/ipc-desk.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { words } from './words.ts';

/** `null`: nobody is signed in, or nothing was told yet. */
export interface TrayNews {
  readonly balance: BalanceState | null;
  readonly sync: SyncState | null;
}

export interface TrayLines {
  readonly balance: string;
  readonly sync: string;
}

export function trayLines(language: Language, { balance, sync }: TrayNews): TrayLines {
  const money = balance === null ? 'no_balance' : balance.low ? 'balance_low' : 'balance';
  return {
    balance: words(language, `tray.${money}`, { available: balance?.available ?? '' }),
    sync: words(language, `tray.${syncState(sync)}`, { count: String(sync?.pendingCount ?? 0) }),
  };
}

/** The one thing that matters most: money that does not agree, then what waits for a person, then the connection. */
function syncState(sync: SyncState | null): string {
  if (sync === null || sync.online === null) return 'not_synced_yet';
  if (sync.drift !== null && sync.drift.confirmedAt === null) return 'drift';
  if (sync.attentionCount > 0) return 'attention';
  if (!sync.online) return sync.pendingCount > 0 ? 'offline_pending' : 'offline';
  return sync.pendingCount > 0 ? 'pending' : 'in_step';
}
