/** The views that the person keeps of the history, as the engine last told them. It applies none. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { CommandReply } from '../../shared/ipc.ts';
import type { HistoryView } from '../../shared/ipc-history.ts';
import { invoke } from '../bridge.ts';

/** Null before they were read. */
const views = createStore<{ readonly all: readonly HistoryView[] | null }>(() => ({ all: null }));

export function useViews(): readonly HistoryView[] | null {
  return useStore(views, ({ all }) => all);
}

type Told = Promise<CommandReply<'view.list'>>;

async function told(asked: Told): Told {
  const reply = await asked;
  if (reply.ok) views.setState({ all: reply.output.items });
  return reply;
}

export function readViews(): Told {
  return told(invoke('view.list', {}));
}

/** Keeps a new view, one under another name, or one that was removed a moment ago. */
export function keepView(view: HistoryView): Told {
  return told(invoke('view.keep', view));
}

export function removeView(id: string): Told {
  return told(invoke('view.remove', { id }));
}

/** Nothing of one person's work shows to the next. */
export function forgetViews(): void {
  views.setState({ all: null });
}
