/**
 * The outbox as the page shows it: charges by state, newest first, read again when the outbox changes. What becomes
 * of a charge is decided by the engine alone.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { z } from 'zod';
import type { OutboxItem, OutboxState } from '../../shared/ipc-outbox.ts';
import { invoke } from '../bridge.ts';
import { createKeysetList } from './keyset-list.ts';
import { mirror } from './mirror.ts';

export type OutboxCharge = z.infer<typeof OutboxItem>;
export const outboxViews = ['attention', 'pending', 'ended', 'all'] as const;
export type OutboxView = (typeof outboxViews)[number];

const statesOf: Record<OutboxView, readonly z.infer<typeof OutboxState>[] | null> = {
  attention: ['rejected'],
  pending: ['queued', 'sending', 'unknown'],
  ended: ['settled', 'waived'],
  all: null,
};

const view = createStore<{ readonly shown: OutboxView }>(() => ({ shown: 'all' }));

export function useOutboxView(): OutboxView {
  return useStore(view, ({ shown }) => shown);
}

export const outboxRows = createKeysetList<OutboxCharge>({
  keyOf: (item) => item.id,
  read: async (after, limit) => {
    const states = statesOf[view.getState().shown];
    const reply = await invoke('outbox.list', {
      ...(states === null ? {} : { states: [...states] }),
      beforeDeviceSeq: after?.deviceSeq ?? null,
      limit,
    });
    if (!reply.ok) return reply;
    const { items, total } = reply.output;
    return { ok: true, items, ended: items.length < limit, total };
  },
});

export async function showOutbox(shown: OutboxView): Promise<void> {
  view.setState({ shown });
  await outboxRows.reset();
}

/** Opens the outbox with what needs a person first, where there is any. */
export async function openOutbox(): Promise<void> {
  await showOutbox((mirror.getState().desk?.sync.attentionCount ?? 0) > 0 ? 'attention' : 'all');
}
