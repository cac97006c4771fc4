/**
 * Passes on what the page asks of the server (`shared/ask.ts`), and its answer. It knows none of the questions; one that
 * may have changed something is followed by a full round, so that the mirror has money and member level at once.
 */
import { endpoints } from '../../shared/endpoints.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';
import { fromCallFailure } from '../sync/call-problem.ts';

export function registerAskCommands(
  registry: CommandRegistry,
  { client, rounds }: Pick<DeskContext, 'client' | 'rounds'>,
): void {
  registry.handle('server.ask', async ({ endpoint, ...request }) => {
    const outcome = await client.call(endpoint, request);
    if (endpoints[endpoint].method !== 'GET') rounds.wake();
    if (outcome.kind === 'not_modified') throw new Error(`${endpoint} was answered with not_modified`);
    if (outcome.kind !== 'ok') return refuse(fromCallFailure(outcome));
    return answer({ status: outcome.status, body: outcome.body });
  });
}
