/**
 * The page's mirror of the desk: read whole at the start and whenever the engine comes back, then kept by events.
 * Nothing else may write it, and it works nothing out.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { Role } from '../../shared/api-words.ts';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { DeskState } from '../../shared/ipc-desk.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { invoke, subscribe } from '../bridge.ts';

interface Mirror {
  /** Null until it was read the first time. */
  readonly desk: DeskState | null;
  /** Why it could not be read. */
  readonly problem: DeskProblem | null;
  /** `coming`: what is shown is what the last one left. */
  readonly engine: 'coming' | 'up' | 'down';
}

export const mirror = createStore<Mirror>(() => ({ desk: null, problem: null, engine: 'up' }));

export function useMirror<T>(select: (state: Mirror) => T): T {
  return useStore(mirror, select);
}

/** Reads a slice of the desk's state; only below the gate that waits for it (App.tsx). */
export function useDesk<T>(select: (desk: DeskState) => T): T {
  return useStore(mirror, ({ desk }) => {
    if (desk === null) throw new Error('the desk state is read before it is there');
    return select(desk);
  });
}

/** False while what is shown is what the last engine left: until then there is nobody to ask. */
export function useEngineIsThere(): boolean {
  return useMirror(({ engine }) => engine !== 'coming');
}

/** The role of whoever is signed in. */
export function useRole(): Role | undefined {
  return useMirror(roleIn);
}

export function roleIn({ desk }: Mirror): Role | undefined {
  return desk?.session.account?.role;
}

/** Shows what the last engine left, until the next one was asked. */
export function showLast(desk: DeskState): void {
  mirror.setState({ desk, engine: 'coming' });
}

type Change = (desk: DeskState) => DeskState;

// Events that arrive while the whole state is being read. They are applied once more after it, in order: each
// carries a whole slice, so one that the state already holds does no harm and none is lost.
let duringRead: Change[] | null = null;

function apply(change: Change): void {
  duringRead?.push(change);
  mirror.setState(({ desk }) => (desk === null ? {} : { desk: change(desk) }));
}

let readings = 0;

/** Reads all state. The last of several readings under way counts. */
export async function readAll(): Promise<void> {
  readings += 1;
  const reading = readings;
  duringRead = [];
  const reply = await invoke('desk.state', {});
  if (reading !== readings) return;
  const missed = duringRead;
  duringRead = null;
  if (!reply.ok) {
    mirror.setState({ problem: reply.problem });
    return;
  }
  let desk = reply.output;
  for (const change of missed) desk = change(desk);
  mirror.setState({ desk, problem: null, engine: 'up' });
}

function withCampaign(campaigns: readonly Campaign[], id: string, campaign: Campaign | null): Campaign[] {
  const index = campaigns.findIndex((one) => one.id === id);
  if (campaign === null) return campaigns.filter((one) => one.id !== id);
  if (index >= 0) return campaigns.with(index, campaign);
  return [campaign, ...campaigns].toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** Puts an answer's campaign into the mirror at once, so that a screen need not wait for its event. */
export function noteCampaign(campaign: Campaign): void {
  apply((desk) => ({ ...desk, campaigns: withCampaign(desk.campaigns, campaign.id, campaign) }));
}

/** Calls back whenever a campaign changed; returns how to stop. */
export function onCampaignNews(id: string, changed: () => void): () => void {
  const find = ({ desk }: Mirror): Campaign | undefined => desk?.campaigns.find((one) => one.id === id);
  return mirror.subscribe((now, before) => {
    if (find(now) !== find(before)) changed();
  });
}

/** Calls back whenever the money at hand, the prices or the member level changed, on which every quote stands; returns how to stop. */
export function onQuoteGroundsChanged(changed: () => void): () => void {
  return mirror.subscribe(({ desk: now }, { desk: before }) => {
    const moved = now?.balance?.available !== before?.balance?.available;
    const repriced = now?.pricing?.book.version !== before?.pricing?.book.version;
    const level = now?.session.account?.memberLevel;
    if (moved || repriced || level !== before?.session.account?.memberLevel) changed();
  });
}

/**
 * Calls back whenever the server answers again after it did not, for want of a connection or of a sign-in that had not
 * expired; returns how to stop.
 */
export function onServerBack(back: () => void): () => void {
  return mirror.subscribe(({ desk: now }, { desk: before }) => {
    const isOnlineAgain = now?.sync.online === true && before?.sync.online === false;
    const isSignedInAgain = now?.session.phase === 'signed_in' && before?.session.phase === 'expired';
    if (isOnlineAgain || isSignedInAgain) back();
  });
}

/**
 * Starts to follow the engine's events and reads all state, now or, where what the last engine left is shown, once the
 * next one is up; returns how to stop.
 */
export function startMirroring(): () => void {
  const stops = [
    subscribe('session', (session) => {
      const before = mirror.getState().desk?.session;
      apply((desk) => ({ ...desk, session }));
      // Another person's balance must not stand beside this one's name: read everything for the new account.
      if (before?.account?.id !== session.account?.id) void readAll();
    }),
    subscribe('settings', (settings) => apply((desk) => ({ ...desk, settings }))),
    subscribe('balance', (balance) => apply((desk) => ({ ...desk, balance }))),
    subscribe('pricing', (pricing) => apply((desk) => ({ ...desk, pricing }))),
    subscribe('sync', (sync) => apply((desk) => ({ ...desk, sync }))),
    subscribe('alerts', (alerts) => apply((desk) => ({ ...desk, alerts }))),
    subscribe('campaign', ({ id, campaign }) =>
      apply((desk) => ({ ...desk, campaigns: withCampaign(desk.campaigns, id, campaign) })),
    ),
    subscribe('engine', ({ status }) => {
      mirror.setState({ engine: status });
      if (status === 'up') void readAll();
    }),
  ];
  if (mirror.getState().engine !== 'coming') void readAll();
  return () => {
    for (const stop of stops) stop();
  };
}

/** Resolves once all state was read, or could not be. */
export function firstReading(): Promise<void> {
  return new Promise((resolve) => {
    const look = ({ desk, problem }: Mirror): void => {
      if (desk === null && problem === null) return;
      stop();
      resolve();
    };
    const stop = mirror.subscribe(look);
    look(mirror.getState());
  });
}
