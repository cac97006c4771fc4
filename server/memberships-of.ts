/** Puts memberships together with what they may not know themselves: the catalogue, and whoever writes accounts. */
import { catalogueInForce } from './catalogue/catalogues.ts';
import { setMemberLevel } from './identity/accounts.ts';
import { Memberships, type MembershipsOptions } from './members/memberships.ts';

export function memberships(deps: Pick<MembershipsOptions, 'database' | 'ledger' | 'clock'>): Memberships {
  return new Memberships({
    ...deps,
    plans: async (db) => (await catalogueInForce(db))?.plans ?? [],
    setMemberLevel,
  });
}
