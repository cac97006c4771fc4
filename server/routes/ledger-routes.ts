/** What an account may read of its ledger: balance, rows, digest, the signed head, and its devices' numbers. */
import type { FastifyInstance } from 'fastify';
import type { Queryable } from '../database/database.ts';
import { deviceNames } from '../identity/sign-ins.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Signer } from '../ledger/signing.ts';
import { registerEndpoint } from '../http/endpoint.ts';

export function registerLedgerRoutes(
  app: FastifyInstance,
  deps: {
    readonly database: Queryable;
    readonly ledger: Ledger;
    readonly signer: Signer;
  },
): void {
  const { database, ledger, signer } = deps;

  registerEndpoint(app, 'balance', async ({ caller }) => ({
    status: 200,
    body: await ledger.balance(caller.accountId),
  }));

  registerEndpoint(app, 'transactions', async ({ query, caller }) => ({
    status: 200,
    body: await ledger.transactionsPage(caller.accountId, query),
  }));

  registerEndpoint(app, 'digest', async ({ query, caller }) => ({
    status: 200,
    body: await ledger.digest(caller.accountId, query.uptoSeq),
  }));

  registerEndpoint(app, 'checkpoint', async ({ caller }) => ({
    status: 200,
    body: await ledger.checkpoint(caller.accountId),
  }));

  registerEndpoint(app, 'receiptKeys', () => ({ status: 200, body: signer.jwks }));

  registerEndpoint(app, 'devices', async ({ caller }) => {
    const [devices, names] = await Promise.all([
      ledger.devices(caller.accountId),
      deviceNames(database, caller.accountId),
    ]);
    // A device that charged without ever signing in under its own id is known by that id alone.
    const items = devices.map((device) => ({
      ...device,
      name: names.get(device.deviceId) ?? device.deviceId,
    }));
    return { status: 200, body: { items } };
  });
}
