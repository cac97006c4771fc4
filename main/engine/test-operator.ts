/**
 * What an operator does at a desk, and what must be true of the money afterwards whatever happened in between, for tests
 * on real processes. It must never be imported outside tests.
 */
import { expect, vi } from 'vitest';
import type { Balance } from '../../shared/api.ts';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Elsewhere } from './test-elsewhere.ts';
import type { EngineProcess } from './test-process.ts';
import type { StrikingAgent } from './test-strikes.ts';

/** Signs in to the demonstration, with nothing set aside for starting offline. */
export async function signIn(engine: EngineProcess, concurrency: number): Promise<void> {
  await engine.ask('settings.update', { offlineReserve: '0', concurrency });
  await engine.ask('session.startDemo', { member: 'plain' });
  await engine.ask('sync.now', {});
}

export async function draft(
  engine: EngineProcess,
  agentUrl: string,
  name: string,
  targets: readonly string[],
): Promise<Campaign> {
  const { campaign } = await engine.ask('campaign.create', {
    name,
    platform: 'xiaohongshu',
    operation: 'follow',
    executor: { kind: 'http', url: agentUrl },
    targets: { kind: 'text', text: targets.join('\n') },
  });
  await engine.ask('campaign.quote', { id: campaign.id });
  return engine.ask('campaign.get', { id: campaign.id });
}

export async function confirm(engine: EngineProcess, { id, quote }: Campaign): Promise<void> {
  await engine.ask('campaign.confirm', { id, expectedTotal: quote?.total ?? '' });
}

/** Asks until the campaign is as `expected`. */
export function whenCampaign(
  engine: EngineProcess,
  id: string,
  expected: (campaign: Campaign) => void,
): Promise<Campaign> {
  const look = async (): Promise<Campaign> => {
    const campaign = await engine.ask('campaign.get', { id });
    expected(campaign);
    return campaign;
  };
  return vi.waitFor(look, { timeout: 60_000, interval: 25 });
}

export async function whenDone(engine: EngineProcess, id: string): Promise<Campaign> {
  await whenCampaign(engine, id, ({ phase }) => expect(phase).toBe('done'));
  await engine.ask('sync.now', {});
  return engine.ask('campaign.get', { id });
}

export interface Bill {
  readonly elsewhere: Elsewhere;
  readonly agent: StrikingAgent;
  /** As it was before the campaign. */
  readonly before: Balance;
  /** What the names of all its targets begin with. */
  readonly prefix: string;
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

/** The ledger has each follow that the agent did once, at one yuan, and nothing else; nothing is held any more. */
export async function expectChargedOnce({ elsewhere, agent, before, prefix }: Bill): Promise<void> {
  const followed = [...agent.follows].filter(([target]) => target.startsWith(prefix));
  for (const [target, times] of followed) expect([target, times]).toEqual([target, 1]);
  const succeeded = followed.map(([target]) => target).filter((target) => target.includes('ok'));
  const rows = (await elsewhere.transactions(before.seq)).filter(({ kind }) => kind === 'charge');
  const charged = rows.map(({ targetUserId }) => targetUserId ?? '');
  expect(charged.toSorted(byName)).toEqual(succeeded.toSorted(byName));
  const after = await elsewhere.balance();
  expect(yuanText(yuan(before.balance) - yuan(after.balance))).toBe(`${succeeded.length}.00`);
  expect(after.held).toBe('0.00');
}

/** The desk shows what the ledger has, and nothing waits, for the server or for a person. */
export async function expectAgrees(engine: EngineProcess, elsewhere: Elsewhere): Promise<void> {
  const { balance, sync } = await engine.ask('desk.state', {});
  expect(balance?.balance).toBe((await elsewhere.balance()).balance);
  expect(sync).toMatchObject({ pendingCount: 0, attentionCount: 0, drift: null });
}
