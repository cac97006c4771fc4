/**
 * Commands about putting money onto the account: whether the server takes orders, one order and what became of it. They
 * pass on the server's word and decide nothing; what has arrived, the ledger's mirror alone says.
 */
import type { RechargeOrder } from '../../shared/api-selling.ts';
import type { RechargeView } from '../../shared/ipc-desk.ts';
import { isScanPage } from '../../shared/scan-page.ts';
import type { Mirror } from '../cache/mirror.ts';
import { fromCallFailure } from '../sync/call-problem.ts';
import type { CallOutcome, OwnedClient } from '../sync/server-client.ts';
import { answer, refuse, type CommandRegistry, type Handled } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';

export interface RechargeParts extends Pick<DeskContext, 'session' | 'host' | 'rounds' | 'log'> {
  readonly client: Pick<OwnedClient, 'serves' | 'call'>;
  readonly mirror: Pick<Mirror, 'transaction'>;
}

type OrderOutcome = CallOutcome<'createRechargeOrder' | 'rechargeOrder' | 'closeRechargeOrder'>;

export function registerRechargeCommands(registry: CommandRegistry, desk: RechargeParts): void {
  const { session, client, host, rounds, log } = desk;

  const viewOf = (order: RechargeOrder): RechargeView => {
    const { id, state, amount, codeUrl = null, expiresAt, late = false, rechargeId } = order;
    const accountId = session.account()?.id;
    const arrived =
      accountId !== undefined &&
      rechargeId !== undefined &&
      desk.mirror.transaction(accountId, rechargeId) !== null;
    // What is paid is fetched at once, not with the next round.
    if (rechargeId !== undefined && !arrived) rounds.nudge();
    const scanPage = codeUrl !== null && isScanPage(codeUrl) && isHere(session.state().serverUrl);
    return { id, state, amount, codeUrl, expiresAt, late, arrived, scanPage };
  };
  const told = (outcome: OrderOutcome): Handled<'recharge.order'> => {
    if (outcome.kind === 'ok') return answer(viewOf(outcome.body));
    if (outcome.kind === 'not_modified') throw new Error('an order was answered with not_modified');
    return refuse(fromCallFailure(outcome));
  };

  registry.handle('recharge.offer', async () => {
    if (session.account() === null) return refuse('signed_out');
    const orders = await client.serves('POST', '/recharge/orders');
    if (orders.kind !== 'ok') return refuse(fromCallFailure(orders));
    if (!orders.served) return answer({ online: false, pending: null });
    const outcome = await client.call('rechargeOrders', { query: { state: 'pending', limit: 1 } });
    if (outcome.kind === 'not_modified') throw new Error('a list was answered with not_modified');
    if (outcome.kind !== 'ok') return refuse(fromCallFailure(outcome));
    const [pending] = outcome.body.items;
    return answer({ online: true, pending: pending?.codeUrl === undefined ? null : viewOf(pending) });
  });

  registry.handle('recharge.create', async ({ id, amount }) =>
    told(await client.call('createRechargeOrder', { body: { id, amount, channel: 'wechat_native' } })),
  );

  registry.handle('recharge.order', async ({ id }) =>
    told(await client.call('rechargeOrder', { params: { id } })),
  );

  registry.handle('recharge.close', async ({ id }) =>
    told(await client.call('closeRechargeOrder', { params: { id } })),
  );

  registry.handle('recharge.openScanPage', async ({ id }) => {
    const order = told(await client.call('rechargeOrder', { params: { id } }));
    if (!order.ok) return order;
    const { codeUrl, scanPage } = order.output;
    if (codeUrl === null || !scanPage) return refuse('not_found');
    const opened = await host.request('link.open', { url: codeUrl });
    if (opened.ok) return answer({});
    log.warn({ reason: opened.reason }, 'the scan page could not be opened');
    return refuse('unexpected');
  });
}

/** A sandbox's page is on the machine of its server: elsewhere its address means another machine's page. */
function isHere(serverUrl: string | null): boolean {
  const hostname = serverUrl === null ? undefined : URL.parse(serverUrl)?.hostname;
  return hostname !== undefined && /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname);
}
