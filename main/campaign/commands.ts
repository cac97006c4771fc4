/**
 * The page's commands about campaigns: each checks that the campaign is there, is the account's own and is in a state
 * for it, then hands over to the runner. Refusals are answers; nothing here follows or charges.
 */
import { v7 as uuidv7 } from 'uuid';
import type { Account } from '../../shared/api.ts';
import type { CommandInput } from '../../shared/ipc.ts';
import type { Campaign, CampaignPhase, Task } from '../../shared/ipc-campaigns.ts';
import { yuan } from '../../shared/money.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext, DeskPart } from '../desk/context.ts';
import { taskView } from './campaign-view.ts';
import { createCampaigns, type CampaignRow, type Campaigns, type TaskRow } from './campaigns.ts';
import { abandonHold } from './holds.ts';
import { workOutQuote } from './quoting.ts';
import { CampaignRunner, type RunnerDesk, type RunnerOptions } from './runner.ts';
import { readTargetList } from './targets-reader.ts';
import type { TargetsSource } from './targets.ts';

export interface CampaignPart extends DeskPart {
  /** The machine woke or a network appeared: nothing waits any longer to be tried again. */
  wake(): void;
  /** An account's campaigns, newest first, at most 200. */
  list(accountId: string): Campaign[];
  /** Whether a campaign under way may still charge this hold. */
  isOnHold(holdId: string): boolean;
}

export type CampaignDesk = RunnerDesk & Pick<DeskContext, 'cache'>;

const listMax = 200;

type Refusal = ReturnType<typeof refuse>;
type Found = { readonly ok: true; readonly account: Account; readonly row: CampaignRow } | Refusal;

interface Parts {
  readonly desk: CampaignDesk;
  readonly campaigns: Campaigns;
  readonly runner: CampaignRunner;
  /** The signed-in account's campaign, in one of `phases` (any when not given). */
  readonly find: (id: string, phases?: readonly CampaignPhase[]) => Found;
}

/** `runnerOptions` are the runner's own: another maker of executors, other times. */
export function registerCampaignCommands(
  registry: CommandRegistry,
  desk: CampaignDesk,
  ...runnerOptions: RunnerOptions
): CampaignPart {
  const campaigns = createCampaigns(desk.cache);
  const runner = new CampaignRunner(desk, campaigns, ...runnerOptions);
  const find: Parts['find'] = (id, phases) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    const row = campaigns.get(id);
    if (row === null || row.accountId !== account.id) return refuse('campaign_not_found');
    if (phases !== undefined && !phases.includes(row.phase)) return refuse('campaign_state');
    return { ok: true, account, row };
  };
  const parts: Parts = { desk, campaigns, runner, find };
  registerDrafting(registry, parts);
  registerConfirming(registry, parts);
  registerRunning(registry, parts);
  registerReading(registry, parts);
  return {
    list: (accountId) => campaigns.list(accountId, '', listMax).map((row) => runner.view(row)),
    isOnHold: (holdId) => runner.isOnHold(holdId),
    wake: () => runner.wake(),
    start: () => runner.start(),
    stop: () => runner.stop(),
  };
}

function sourceOf(targets: CommandInput<'campaign.create'>['targets']): TargetsSource {
  if (targets.kind === 'text') return targets;
  return { kind: 'file', fileName: targets.fileName, bytes: Buffer.from(targets.base64, 'base64') };
}

function registerDrafting(registry: CommandRegistry, { desk, campaigns, runner, find }: Parts): void {
  registry.handle('campaign.create', async ({ name, platform, operation, executor, targets }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    const read = await readTargetList(sourceOf(targets));
    if (!read.ok) return refuse(read.problem);
    const { report } = read;
    const named = { id: uuidv7(), accountId: account.id, name, platform, operation, executor };
    const row = await campaigns.add({ ...named, report, createdAtMs: desk.clock.now() }, read.targets);
    runner.announce(row.id);
    return answer({ campaign: runner.view(row), report });
  });

  registry.handle('campaign.quote', ({ id }) => {
    const found = find(id, ['draft', 'quoted']);
    if (!found.ok) return found;
    const { account, row } = found;
    const quoted = workOutQuote(desk, account, { ...row, quantity: campaigns.counts(id).total });
    if (!quoted.ok) return refuse(quoted.problem);
    campaigns.change(id, { phase: 'quoted', quote: quoted.output.quote, problem: null });
    runner.announce(id);
    return answer(quoted.output);
  });

  registry.handle('campaign.discard', async ({ id }) => {
    const found = find(id, ['draft', 'quoted']);
    if (!found.ok) return found;
    const { row } = found;
    if (row.holdId !== null) {
      // A confirm that brought no answer may have set money aside: it goes back before the draft is forgotten.
      const asked = { ...row, holdId: row.holdId };
      const released = await abandonHold(desk.client, desk.device.deviceId, asked);
      if (released.kind !== 'released') return refuse(released.problem);
      const again = find(id, ['draft', 'quoted']);
      if (!again.ok) return again;
    }
    campaigns.remove(id);
    desk.emit('campaign', { id, campaign: null });
    return answer({});
  });
}

function registerConfirming(registry: CommandRegistry, { desk, campaigns, runner, find }: Parts): void {
  registry.handle('campaign.confirm', async ({ id, expectedTotal }) => {
    const found = find(id, ['quoted']);
    if (!found.ok) return found;
    const { account, row } = found;
    const quoted = workOutQuote(desk, account, { ...row, quantity: campaigns.counts(id).total });
    if (!quoted.ok) return refuse(quoted.problem);
    const { quote, check, offline } = quoted.output;
    campaigns.change(id, { phase: 'quoted', quote });
    runner.announce(id);
    if (yuan(quote.total) !== yuan(expectedTotal)) {
      const pricingVersion = String(quote.pricingVersion);
      return refuse('price_changed', { expected: expectedTotal, actual: quote.total, pricingVersion });
    }
    if (check.shortfall !== undefined) {
      const { required, available, shortfall } = check;
      return refuse('insufficient_balance', { required, available, shortfall });
    }
    if (!desk.session.signedIn()) return refuse('signed_out');
    // The id is written before it is used: asked for again, by whoever and whenever, it is the same hold.
    const confirmed = campaigns.change(id, {
      phase: 'confirmed',
      holdId: row.holdId ?? uuidv7(),
      problem: null,
    });
    const reserve = offline === undefined ? null : desk.reserve.usable(account.id);
    if (reserve !== null) {
      runner.startOffline(confirmed, reserve);
      return answer(runner.view(campaigns.get(id) ?? confirmed));
    }
    // The reserve must never be what a campaign lacks.
    const withoutReserve = yuan(check.available) - desk.reserve.left(account.id);
    if (withoutReserve < yuan(quote.total)) await desk.reserve.yield(account.id);
    const outcome = await runner.confirm(confirmed);
    if (!outcome.ok) return refuse(outcome.problem);
    return answer(runner.view(campaigns.get(id) ?? confirmed));
  });
}

/** Going on is the person's answer to a price that has moved: what it is now is what was agreed from here on (S7). */
function agreeToPrice({ desk, campaigns }: Parts, account: Account, row: CampaignRow): void {
  if (row.pauseReason !== 'price_changed') return;
  const { queued, unknown } = campaigns.counts(row.id);
  const quoted = workOutQuote(desk, account, { ...row, quantity: Math.max(queued + unknown, 1) });
  if (quoted.ok) campaigns.change(row.id, { quote: quoted.output.quote });
}

function registerRunning(registry: CommandRegistry, parts: Parts): void {
  const { campaigns, runner, find } = parts;
  const steps = {
    'campaign.pause': { phases: ['running', 'paused'], run: (row: CampaignRow) => runner.pause(row) },
    'campaign.resume': { phases: ['paused'], run: (row: CampaignRow) => runner.resume(row) },
    'campaign.cancel': {
      phases: ['confirmed', 'running', 'paused'],
      run: (row: CampaignRow) => runner.cancel(row),
    },
  } as const;
  for (const name of ['campaign.pause', 'campaign.resume', 'campaign.cancel'] as const) {
    registry.handle(name, ({ id }) => {
      const found = find(id, steps[name].phases);
      if (!found.ok) return found;
      if (name === 'campaign.resume') agreeToPrice(parts, found.account, found.row);
      steps[name].run(found.row);
      return answer(runner.view(campaigns.get(id) ?? found.row));
    });
  }
}

function registerReading(registry: CommandRegistry, { desk, campaigns, runner, find }: Parts): void {
  const view = (task: TaskRow): Task =>
    taskView(task, task.chargeId === null ? null : desk.outbox.get(task.chargeId));
  registry.handle('campaign.get', ({ id }) => {
    const found = find(id);
    return found.ok ? answer(runner.view(found.row)) : found;
  });

  registry.handle('campaign.find', ({ text, limit }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    return answer({ items: campaigns.list(account.id, text, limit).map((row) => runner.view(row)) });
  });

  registry.handle('campaign.report', ({ id }) => {
    const found = find(id);
    if (!found.ok) return found;
    const report = campaigns.report(id);
    return report === null ? refuse('campaign_not_found') : answer(report);
  });

  registry.handle('campaign.tasks', ({ id, phase, afterPosition, limit }) => {
    const found = find(id);
    if (!found.ok) return found;
    const rows = campaigns.tasks(id, phase ?? null, afterPosition, limit);
    const items = rows.map(view);
    return answer({ items, total: campaigns.counts(id)[phase ?? 'total'] });
  });

  registry.handle('campaign.decide', ({ taskId, outcome }) => {
    const task = campaigns.task(taskId);
    if (task === null) return refuse('campaign_not_found');
    const found = find(task.campaignId);
    if (!found.ok) return found;
    if (task.phase !== 'unknown') return refuse('campaign_state');
    return answer(view(runner.decide(taskId, outcome)));
  });
}
