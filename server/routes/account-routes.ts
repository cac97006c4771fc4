/** Accounts over HTTP, for those who run the business: finding them, freezing them, and their member level. */
import type { FastifyInstance } from 'fastify';
import type { AccountDetail } from '../../shared/api-office.ts';
import { tellAbout, tellBefore } from '../audit/acts.ts';
import type { Database, Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { readAccount, readAccounts } from '../identity/account-list.ts';
import { setFrozen, setMemberLevel } from '../identity/accounts.ts';
import { refuse, refuseCursor, type Refused } from '../ledger/refusal.ts';

const noSuchAccount = refuse('not_found', { detail: 'There is no such account.' });

/** What of an account an act of the office may change. */
function standing({ frozen, memberLevel }: AccountDetail): Pick<AccountDetail, 'frozen' | 'memberLevel'> {
  return { frozen, memberLevel };
}

export function registerAccountRoutes(
  app: FastifyInstance,
  { database }: { readonly database: Database },
): void {
  registerEndpoint(app, 'accounts', async ({ query }) => {
    const { frozen, ...rest } = query;
    const page = await readAccounts(database, {
      ...rest,
      ...(frozen === undefined ? {} : { frozen: frozen === 'true' }),
    });
    return page === null ? refuseCursor() : { status: 200, body: page };
  });

  const answer = async (id: string): Promise<{ status: 200; body: AccountDetail } | Refused> => {
    const account = await readAccount(database, id);
    return account === null ? noSuchAccount : { status: 200, body: account };
  };

  /** Does the change and tells what the account was and is like; nothing where there is no such account. */
  const change = async (
    id: string,
    work: (tx: Queryable) => Promise<unknown>,
  ): Promise<{ status: 200; body: AccountDetail } | Refused> => {
    const changed = await database.transaction(async (tx) => {
      const before = await readAccount(tx, id);
      if (before === null) return noSuchAccount;
      tellBefore(standing(before));
      tellAbout(before.id);
      await work(tx);
      const after = await readAccount(tx, id);
      return after === null ? noSuchAccount : standing(after);
    });
    return 'refused' in changed ? changed : answer(id);
  };

  registerEndpoint(app, 'accountById', ({ params }) => answer(params.id));

  registerEndpoint(app, 'freezeAccount', ({ params, body }) =>
    change(params.id, (tx) => setFrozen(tx, params.id, body.frozen)),
  );

  registerEndpoint(app, 'setMemberLevel', ({ params, body }) =>
    change(params.id, (tx) => setMemberLevel(tx, params.id, body.memberLevel)),
  );
}
