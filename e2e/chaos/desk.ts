/**
 * A desk as its operator sees it, whichever one it is: what they do there, by the commands that its page would send. It
 * must never do what only a programmer could.
 */
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { DeskState } from '../../shared/ipc-desk.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { amountOfKth } from '../../shared/rating.ts';
import { EngineGone, Refused, until, type EngineProcess } from '../drive/processes.ts';

export const operator = { email: 'operator@demo.example', password: 'zhangtai-demo' };
/** What every campaign of a run does. */
export const follow = { platform: 'xiaohongshu', operation: 'follow' };

export interface Desk {
  readonly name: string;
  /** Throws EngineGone while none is up. */
  engine(): EngineProcess;
}

export async function stateOf(desk: Desk): Promise<DeskState> {
  return desk.engine().command('desk.state', {});
}

export async function campaignOf(desk: Desk, id: string): Promise<Campaign> {
  return desk.engine().command('campaign.get', { id });
}

/** Null when the engine was killed before it answered, or refused. */
export async function unlessGone<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof EngineGone || error instanceof Refused) return null;
    throw error;
  }
}

/** Signs in where nobody is, and waits for the first round. */
export async function signedIn(desk: Desk): Promise<void> {
  const { session } = await stateOf(desk);
  if (session.phase !== 'signed_in') await desk.engine().command('session.signIn', operator);
  await until('the first round', async () => {
    const { balance, pricing, sync } = await stateOf(desk);
    return balance !== null && pricing !== null && !sync.running;
  });
}

/** Asks for a reserve for so many follows, 0 for none, and waits until it is so. */
export async function keepReserve(desk: Desk, follows: number, unitPrice: string): Promise<void> {
  const offlineReserve = yuanText(amountOfKth(yuan(unitPrice), 1) * BigInt(follows));
  await desk.engine().command('settings.update', { offlineReserve });
  await until(`a reserve of ${offlineReserve}`, async () => {
    const { reserve } = await desk.engine().command('sync.now', {});
    return follows === 0 ? reserve === null : yuan(reserve?.remaining ?? '0') === yuan(offlineReserve);
  });
}

export const isOver = ({ phase }: Campaign): boolean => phase === 'done' || phase === 'cancelled';
