/** Commands about putting money onto the account. They order nothing: the server's own word is all they pass on. */
import { fromCallFailure } from '../sync/call-problem.ts';
import type { OwnedClient } from '../sync/server-client.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';

export function registerRechargeCommands(
  registry: CommandRegistry,
  { session, client }: Pick<DeskContext, 'session'> & { readonly client: Pick<OwnedClient, 'serves'> },
): void {
  registry.handle('recharge.offer', async () => {
    if (session.account() === null) return refuse('signed_out');
    const orders = await client.serves('POST', '/recharge/orders');
    return orders.kind === 'ok' ? answer({ online: orders.served }) : refuse(fromCallFailure(orders));
  });
}
