/** Asks the server for all that it holds about a person, for whoever is to be given it. It keeps nothing of it. */
import type { DeskContext } from '../desk/context.ts';
import type { PersonReader } from '../export/person-export.ts';
import { fromCallFailure } from '../sync/call-problem.ts';

export function personReader({ client }: Pick<DeskContext, 'client'>): PersonReader {
  return async (accountId) => {
    const told = await client.call('personalData', { params: { id: accountId } });
    if (told.kind === 'not_modified') throw new Error('personal data was answered with not_modified');
    return told.kind === 'ok' ? { ok: true, data: told.body } : { ok: false, problem: fromCallFailure(told) };
  };
}
