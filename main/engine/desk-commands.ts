/**
 * Commands about the desk as a whole: its state, settings, alerts, prices and syncing. They answer from the cache and
 * ask the server only where the contract says so.
 */
import type { PriceBook } from '../../shared/api-prices.ts';
import { parseYuan } from '../../shared/money.ts';
import { quote } from '../../shared/rating.ts';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { DeskState } from '../../shared/ipc-desk.ts';
import { checkBalance } from '../sync/availability.ts';
import { fromCallFailure } from '../sync/call-problem.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';

/** What the desk's state has from elsewhere than the desk's context. */
export interface StateParts {
  readonly version: string;
  readonly secretStore: DeskState['about']['secretStore'];
  /** Newest first, at most 200: the campaign part's answer. */
  readonly campaigns: (accountId: string) => readonly Campaign[];
}

export interface DeskCommandParts extends StateParts {
  /** The page has read the state: notices that came up before anybody listened may be told. */
  readonly onStateRead: () => void;
  /** Whatever waits to be tried again is tried now. */
  readonly onWake: () => void;
}

export function registerDeskCommands(
  registry: CommandRegistry,
  desk: DeskContext,
  parts: DeskCommandParts,
): void {
  registry.handle('desk.state', () => {
    parts.onStateRead();
    return answer(deskState(desk, parts));
  });

  registry.handle('settings.update', (part) => {
    const settings = desk.settings.update(part);
    desk.changes.tell('settings');
    // What is set aside follows at once, where it can.
    if (part.offlineReserve !== undefined) desk.rounds.nudge();
    return answer(settings);
  });

  registry.handle('alerts.update', async (alerts) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    for (const field of ['lowBalance', 'pauseTasks'] as const) {
      if ((parseYuan(alerts[field].threshold) ?? -1n) < 0n)
        return refuse({ code: 'input_invalid', params: { field }, field: `${field}.threshold` });
    }
    const outcome = await desk.client.call('putAlerts', { body: alerts });
    if (outcome.kind === 'not_modified') throw new Error('a write was answered with not_modified');
    if (outcome.kind !== 'ok') return refuse(fromCallFailure(outcome));
    desk.snapshots.write(account.id, 'alerts', outcome.body, { atMs: desk.clock.now() });
    desk.changes.tell('alerts', 'balance');
    return answer(outcome.body);
  });

  registry.handle('pricing.coming', async () => {
    if (desk.session.account() === null) return refuse('signed_out');
    const versions = await desk.client.call('pricingVersions', {});
    if (versions.kind === 'not_modified') throw new Error('nothing was asked conditionally');
    if (versions.kind !== 'ok') return refuse(fromCallFailure(versions));
    return answer({ items: coming(versions.body.items, desk.clock.now()) });
  });

  registry.handle('balance.check', ({ amount }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    const funds = desk.availability.micros(account.id);
    // What the reserve has set aside cannot be paid with: the server does not give it back for a purchase.
    const spendable = funds === null ? 0n : funds.available - desk.reserve.left(account.id);
    return answer(checkBalance(amount, spendable));
  });

  registry.handle('price.calculate', (usage) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    const book = desk.snapshots.read(account.id, 'pricing')?.body;
    const funds = desk.availability.micros(account.id);
    if (book === undefined || funds === null) return refuse('no_prices_yet');
    const worked = quote(book, { ...usage, memberLevel: account.memberLevel });
    if ('code' in worked)
      return refuse('no_price', { platform: worked.platform, operation: worked.operation });
    return answer({ quote: worked, check: checkBalance(worked.total, funds.available) });
  });

  registry.handle('sync.confirmDrift', ({ serverHead }) =>
    desk.rounds.confirmDrift(serverHead)
      ? answer(desk.rounds.state())
      : refuse({ code: 'input_invalid', params: { field: 'serverHead' }, field: 'serverHead' }),
  );

  registry.handle('sync.noteNumbers', () => {
    desk.rounds.noteNumbers();
    return answer(desk.rounds.state());
  });

  registry.handle('sync.wake', () => {
    parts.onWake();
    return answer({});
  });

  registry.handle('sync.now', async () => {
    await desk.rounds.now();
    return answer(desk.rounds.state());
  });
}

/** A book takes force as a whole, when the last of its prices does. */
function coming(books: readonly PriceBook[], nowMs: number) {
  return books
    .map((book) => {
      const times = [...book.prices, ...(book.usagePrices ?? [])].map((price) =>
        Date.parse(price.effectiveAt),
      );
      return { book, atMs: Math.max(0, ...times) };
    })
    .filter(({ atMs }) => atMs > nowMs)
    .toSorted((a, b) => a.atMs - b.atMs || a.book.version - b.book.version)
    .map(({ book, atMs }) => ({ effectiveAt: new Date(atMs).toISOString(), book }));
}

export function deskState(desk: DeskContext, parts: StateParts): DeskState {
  const account = desk.session.account();
  const pricing = account === null ? null : desk.snapshots.read(account.id, 'pricing');
  return {
    session: desk.session.state(),
    settings: desk.settings.current(),
    balance: account === null ? null : desk.availability.state(account.id),
    pricing:
      pricing === null
        ? null
        : { book: pricing.body, fetchedAt: new Date(pricing.fetchedAtMs).toISOString() },
    sync: desk.rounds.state(),
    alerts: account === null ? null : (desk.snapshots.read(account.id, 'alerts')?.body ?? null),
    campaigns: account === null ? [] : [...parts.campaigns(account.id)],
    about: {
      version: parts.version,
      dataFolder: desk.dataDir,
      secretStore: parts.secretStore,
      deviceId: desk.device.deviceId,
      deviceName: desk.device.name,
    },
  };
}
