/**
 * Campaigns on a real cache and outbox, against a billing server and an agent that are kept in memory and outlive a
 * crash of the desk, for tests. It must never be imported outside tests.
 */
import type { Account, Balance, Hold } from '../../shared/api.ts';
import type { PriceBook, Quote } from '../../shared/api-prices.ts';
import type { Problem } from '../../shared/api-words.ts';
import type { CommandInput, CommandName, CommandOutput } from '../../shared/ipc.ts';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import { amountOfKth, quote } from '../../shared/rating.ts';
import { createSettings } from '../cache/settings.ts';
import { createSnapshots } from '../cache/snapshots.ts';
import { createChanges } from '../changes.ts';
import { createCommands } from '../desk/commands.ts';
import { createAvailability } from '../sync/availability.ts';
import { createReserve } from '../sync/reserve.ts';
import type { OutboxCharge, SendOutcome } from '../sync/charge.ts';
import { createOutbox } from '../sync/outbox.ts';
import type { ServerClient } from '../sync/server-client.ts';
import { openedCache, silentLog } from '../sync/test-desk.ts';
import { registerCampaignCommands, type CampaignDesk } from './commands.ts';
import type { AskOutcome, Executor, FollowOutcome, FollowTask } from './executors/executor.ts';
import type { RunnerTimes } from './runner.ts';

const at = '2026-01-01T00:00:00.000Z';
export const account: Account = {
  id: '0198b0a5-0000-7000-8000-00000000000a',
  name: '测试操作员',
  email: 'operator@test.example',
  role: 'operator',
  memberLevel: 'none',
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
};

/** Where a desk can be cut off: around each request to the server and each follow. */
export type Moment = `${'before' | 'after'} ${'createHold' | 'releaseHold' | 'follow'}` | 'after success';
const forever = new Promise<never>(() => undefined);

/** The billing server: holds, captures, one balance. */
export class Billing {
  balance: Micros;
  online = true;
  unitPrice = '1.00';
  /** Refuses charges of these targets. */
  readonly refused = new Set<string>();
  /** Refuses to release any hold. */
  frozen = false;
  readonly holds = new Map<string, Hold>();
  readonly charges = new Map<string, { target: string; amount: Micros; k: number }>();
  readonly calls: string[] = [];

  constructor(balance: string) {
    this.balance = yuan(balance);
  }

  book(): PriceBook {
    const price = { platform: 'douyin', operation: 'follow', unitPrice: this.unitPrice, effectiveAt: at };
    return {
      version: 1,
      updatedAt: at,
      stacking: 'best',
      prices: [{ ...price, tiers: [{ fromQuantityExclusive: 3, multiplier: '0.95' }] }],
      memberDiscounts: [],
    };
  }

  held(): Micros {
    let sum = 0n;
    for (const hold of this.holds.values()) if (hold.state === 'open') sum += yuan(hold.remaining);
    return sum;
  }

  statement(): Balance {
    const held = this.held();
    return {
      asset: 'CNY',
      balance: yuanText(this.balance),
      held: yuanText(held),
      available: yuanText(this.balance - held),
      spentToday: '0.00',
      spentThisMonth: '0.00',
      timeZone: account.timeZone,
      seq: this.charges.size,
      head: '0'.repeat(64),
      asOf: new Date().toISOString(),
    };
  }

  createHold(body: {
    id: string;
    campaignId?: string;
    quantity?: number;
    deviceId: string;
    amount?: string;
  }) {
    const existing = this.holds.get(body.id);
    if (existing !== undefined) return ok(existing);
    if (body.amount !== undefined) return this.createReserve(body.id, body.amount);
    const usage = { platform: 'douyin', operation: 'follow', quantity: body.quantity ?? 0 };
    const worked = quote(this.book(), { ...usage, memberLevel: 'none' });
    if ('code' in worked) throw new Error('no price');
    const available = this.balance - this.held();
    if (yuan(worked.total) > available) {
      const shortfall = yuanText(yuan(worked.total) - available);
      const amounts = { required: worked.total, available: yuanText(available), shortfall };
      const problem = {
        type: 'about:blank',
        title: '',
        status: 402,
        code: 'insufficient_balance',
        ...amounts,
      };
      return { kind: 'problem', problem, retryAfterMs: null };
    }
    const hold: Hold = {
      ...plainHold(body.id, worked.total),
      kind: 'campaign',
      campaignId: body.campaignId ?? '',
      quote: worked,
      deviceId: body.deviceId,
    };
    this.holds.set(hold.id, hold);
    return ok(hold);
  }

  private createReserve(id: string, amount: string) {
    const hold = plainHold(id, amount);
    this.holds.set(id, hold);
    return ok(hold);
  }

  /** What a reserve is charged: the price of one. */
  private single(): Quote {
    const usage = { platform: 'douyin', operation: 'follow', quantity: 1 };
    const worked = quote(this.book(), { ...usage, memberLevel: 'none' });
    if ('code' in worked) throw new Error('no price');
    return worked;
  }

  releaseHold(id: string) {
    if (this.frozen) {
      const problem = { type: 'about:blank', title: '', status: 423, code: 'account_frozen' };
      return { kind: 'problem', problem, retryAfterMs: null };
    }
    const hold = this.holds.get(id);
    if (hold === undefined) {
      const problem = { type: 'about:blank', title: '', status: 404, code: 'not_found' };
      return { kind: 'problem', problem, retryAfterMs: null };
    }
    const released: Hold = { ...hold, state: 'closed', released: hold.remaining, remaining: '0.00' };
    if (hold.state === 'open') this.holds.set(id, released);
    return ok(this.holds.get(id));
  }

  /** Captures each charge once, at the price of its place in the hold. */
  charge(item: OutboxCharge): SendOutcome {
    if (this.refused.has(item.targetUserId)) {
      const problem = { type: 'about:blank', title: '', status: 423, code: 'account_frozen' } as const;
      return { kind: 'rejected', problem };
    }
    const hold = this.holds.get(item.holdId ?? '');
    if (hold === undefined) throw new Error('a charge of a campaign names its hold');
    const locked = hold.quote ?? this.single();
    let taken = this.charges.get(item.id);
    if (taken === undefined) {
      if (hold.state !== 'open') throw new Error('a charge came after its hold was released');
      const k = hold.quote === undefined ? 1 : hold.capturedCount + 1;
      const amount = amountOfKth(yuan(locked.unitNet), k);
      if (hold.quote === undefined && item.expectedAmount !== amount)
        return { kind: 'rejected', problem: dearer(item.expectedAmount, amount) };
      if (amount > yuan(hold.remaining)) throw new Error('a hold was spent beyond what it holds');
      taken = { target: item.targetUserId, amount, k };
      this.charges.set(item.id, taken);
      this.balance -= amount;
      const captured = yuan(hold.captured) + amount;
      const remaining = yuanText(yuan(hold.amount) - captured);
      this.holds.set(hold.id, {
        ...hold,
        capturedCount: hold.capturedCount + 1,
        captured: yuanText(captured),
        remaining,
      });
    }
    const amounts = { amount: yuanText(taken.amount), balanceAfter: yuanText(this.balance) };
    const pricing = { ...locked, k: taken.k };
    const times = { occurredAt: at, recordedAt: at };
    return { kind: 'settled', charge: { id: item.id, seq: 1, ...amounts, pricing, ...times } };
  }
}

function dearer(expected: Micros, actual: Micros): Problem {
  const amounts = { expected: yuanText(expected), actual: yuanText(actual), pricingVersion: 1 };
  return { type: 'about:blank', title: '', status: 409, code: 'price_changed', ...amounts };
}

function plainHold(id: string, amount: string): Hold {
  return {
    id,
    kind: 'reserve',
    state: 'open',
    amount,
    captured: '0.00',
    capturedCount: 0,
    released: '0.00',
    remaining: amount,
    deviceId: 'device-1',
    createdAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 7 * 86_400_000).toISOString(),
    voucher: 'x',
  };
}

function ok(body: unknown) {
  return { kind: 'ok', status: 200, body, raw: body, etag: null };
}

/** The agent that follows: what it did, what it will say, and what it must wait for. */
export class Agent {
  readonly done = new Map<string, 'succeeded' | 'failed'>();
  /** How often each target was really followed. */
  readonly acts = new Map<string, number>();
  readonly failing = new Set<string>();
  /** Follows of these targets happen, and nobody can tell. */
  readonly vague = new Set<string>();
  up = true;
  /** Each follow waits for it. */
  gate: Promise<void> = Promise.resolve();

  async follow(task: FollowTask): Promise<FollowOutcome> {
    if (!this.up) return { kind: 'down', reason: 'ECONNREFUSED' };
    await this.gate;
    if (!this.done.has(task.taskId)) {
      this.acts.set(task.targetUserId, (this.acts.get(task.targetUserId) ?? 0) + 1);
      this.done.set(task.taskId, this.failing.has(task.targetUserId) ? 'failed' : 'succeeded');
    }
    return this.vague.has(task.targetUserId) ? { kind: 'unknown', reason: 'vague' } : this.told(task);
  }

  ask(task: FollowTask): AskOutcome {
    if (!this.up) return { kind: 'down', reason: 'ECONNREFUSED' };
    if (this.vague.has(task.targetUserId)) return { kind: 'unknown', reason: 'vague' };
    return this.done.has(task.taskId) ? this.told(task) : { kind: 'never_got_it' };
  }

  private told(task: FollowTask): FollowOutcome {
    return this.done.get(task.taskId) === 'failed'
      ? { kind: 'failed', reason: 'private_account' }
      : { kind: 'succeeded' };
  }
}

const times: RunnerTimes = { announceMs: 20, askAgainMs: 20, retryMs: 5, retryMsMax: 20, stopMs: 50 };

/** One run of a desk on a folder. `crash` or `end` it and start another on the same folder. */
export function startCampaignDesk(
  folder: string,
  billing: Billing,
  agent: Agent,
  crashAt: Moment | null = null,
  /** This desk's own network; the server's is the other half. */
  link = { up: true },
) {
  const isOnline = (): boolean => billing.online && link.up;
  let isDead = false;
  let signedIn = true;
  let drifting = false;
  let pushIsDue = false;
  const cache = openedCache(folder);
  const changes = createChanges();
  const snapshots = createSnapshots(cache);
  const outbox = createOutbox(cache, 'device-1');
  const events: { name: string; payload: unknown }[] = [];
  const notices: { kind: string; params: Record<string, string> }[] = [];

  /** From a crash on nothing comes back to this run of the desk, and it writes nothing more. */
  const moment = async (now: Moment): Promise<void> => {
    if (!isDead && now === crashAt) crash();
    if (isDead) await forever;
  };
  const calls: Record<string, (request: never) => unknown> = {
    createHold: ({ body }: { body: Parameters<Billing['createHold']>[0] }) => billing.createHold(body),
    releaseHold: ({ params }: { params: { id: string } }) => billing.releaseHold(params.id),
  };
  const client = {
    online: () => isOnline(),
    async call(name: 'createHold' | 'releaseHold', request: never): Promise<unknown> {
      await moment(`before ${name}`);
      billing.calls.push(name);
      if (!isOnline()) return { kind: 'unreachable', reason: 'test' };
      const outcome = calls[name]?.(request);
      await moment(`after ${name}`);
      return outcome;
    },
  } as unknown as ServerClient;
  const executor: Executor = {
    async follow(task) {
      await moment('before follow');
      const outcome = await agent.follow(task);
      await moment('after follow');
      return outcome;
    },
    async ask(task) {
      await moment('before follow');
      return agent.ask(task);
    },
  };
  const push = (): void => {
    pushIsDue = false;
    if (isDead || !isOnline()) return;
    const due = outbox.claim(account.id, Date.now());
    outbox.record(new Map(due.map((item) => [item.id, billing.charge(item)])), Date.now());
    fetchSnapshots();
    changes.tell('outbox', 'balance');
  };
  const fetchSnapshots = (): void => {
    snapshots.write(account.id, 'pricing', billing.book(), { atMs: Date.now() });
    snapshots.write(account.id, 'balance', billing.statement(), { atMs: Date.now() });
  };
  const rounds = {
    nudge() {
      if (crashAt === 'after success' && outbox.pending(account.id).count > 0) return crash();
      if (pushIsDue) return undefined;
      pushIsDue = true;
      return void setImmediate(push);
    },
    drifting: () => drifting,
  };
  const settings = createSettings(cache);
  // A test that is about the reserve turns it on.
  if (settings.current().offlineReserve === null) settings.update({ offlineReserve: '0' });
  const reserve = createReserve({
    cache,
    outbox,
    snapshots,
    client,
    deviceId: 'device-1',
    chosen: () => settings.current().offlineReserve,
    now: () => Date.now(),
    onChange: () => changes.tell('sync', 'balance'),
  });
  const desk: CampaignDesk = {
    cache,
    changes,
    snapshots,
    outbox,
    client,
    device: { deviceId: 'device-1', name: 'test' },
    settings,
    reserve,
    availability: createAvailability(snapshots, outbox, reserve),
    rounds: rounds as unknown as CampaignDesk['rounds'],
    session: { account: () => account, signedIn: () => signedIn } as CampaignDesk['session'],
    clock: { now: () => Date.now() },
    log: silentLog,
    emit: (name, payload) => void events.push({ name, payload }),
    notice: (kind, params) => void notices.push({ kind, params }),
  };
  const errors: unknown[] = [];
  const registry = createCommands(silentLog, (error) => errors.push(error));
  const part = registerCampaignCommands(registry, desk, () => executor, times);
  reserve.guard((holdId) => part.isOnHold(holdId));
  outbox.recover();
  fetchSnapshots();
  part.start();
  rounds.nudge();

  /** The process is gone: what it was doing never comes back, what it wrote stays. */
  function crash(): void {
    if (isDead) return;
    isDead = true;
    void part.stop();
    setImmediate(() => cache.close());
  }

  const send = async <N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> => {
    const reply = await registry.dispatch(name, input);
    if (!reply.ok) throw new Refused(reply.problem);
    return reply.output as CommandOutput<N>;
  };
  return {
    ...desk,
    reserve,
    part,
    events,
    notices,
    send,
    crash,
    isDead: () => isDead,
    changed: (change: { signedIn?: boolean; drifting?: boolean }): void => {
      signedIn = change.signedIn ?? signedIn;
      drifting = change.drifting ?? drifting;
      changes.tell('session', 'sync');
    },
    /** A round's part about the reserve. */
    async keepReserve(amount: string): Promise<void> {
      settings.update({ offlineReserve: amount });
      await reserve.keep(account.id, new AbortController().signal);
      fetchSnapshots();
    },
    back(): void {
      billing.online = true;
      link.up = true;
      changes.tell('online');
      rounds.nudge();
    },
    get: (id: string): Promise<Campaign> => send('campaign.get', { id }),
    async quoted(targets: readonly string[]): Promise<{ id: string; total: string }> {
      const { campaign } = await send('campaign.create', {
        name: '春季',
        platform: 'douyin',
        operation: 'follow',
        executor: { kind: 'simulated', seed: 1, failurePercent: 0, latencyMs: 0 },
        targets: { kind: 'text', text: targets.join('\n') },
      });
      const { quote: worked } = await send('campaign.quote', { id: campaign.id });
      return { id: campaign.id, total: worked.total };
    },
    /** Throws what a command threw, if any did. */
    async end(): Promise<void> {
      if (errors.length > 0) throw new AggregateError(errors, 'a command threw');
      if (isDead) return;
      await part.stop();
      isDead = true;
      cache.close();
    },
  };
}
export type CampaignTestDesk = ReturnType<typeof startCampaignDesk>;

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: DeskProblem;
  constructor(problem: DeskProblem) {
    super(JSON.stringify(problem));
    this.problem = problem;
  }
}
