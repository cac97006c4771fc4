/**
 * Recharge orders over HTTP, and WeChat's notifications, which are answered as WeChat wants them. Served only where
 * WeChat Pay is set up, so that the published contract says whether money can be paid in. Nothing is decided here.
 */
import type { FastifyInstance } from 'fastify';
import type { Asking } from '../asking.ts';
import { tellAbout } from '../audit/acts.ts';
import { yuan } from '../../shared/money.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse, refuseCursor, refuseField } from '../ledger/refusal.ts';
import type { Recharging } from '../payments/recharging.ts';

/** Each costs a question to WeChat, which has limits of its own. */
const ordersPerMinuteMax = 120;
/** A notification is some two kilobytes. */
const notificationBytesMax = 64 * 1024;

export const notifyPath = '/api/payments/wechat/notify';

export async function registerRechargeRoutes(
  app: FastifyInstance,
  { recharging, asking }: { readonly recharging: Recharging; readonly asking: Asking },
): Promise<void> {
  const careful = { requestsPerMinuteMax: ordersPerMinuteMax };

  registerEndpoint(
    app,
    'createRechargeOrder',
    async ({ body, caller }) => {
      const made = await recharging.create(caller.accountId, { ...body, amount: yuan(body.amount) });
      if ('refused' in made) return made;
      return { status: made.replayed ? 200 : 201, body: made.order };
    },
    careful,
  );

  registerEndpoint(app, 'rechargeOrders', async ({ query, caller }) => {
    const page = await recharging.list(caller.accountId, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'allRechargeOrders', async ({ query }) => {
    const page = await recharging.listAll(query);
    return page === null ? refuseCursor() : { status: 200, body: page };
  });

  registerEndpoint(app, 'rechargeOrder', async ({ params, caller }) => {
    const order = await recharging.get(caller.accountId, params.id);
    return order === null ? refuse('not_found') : { status: 200, body: order };
  });

  registerEndpoint(
    app,
    'closeRechargeOrder',
    async ({ params, caller }) => {
      const order = await recharging.close(caller.accountId, params.id);
      return 'refused' in order ? order : { status: 200, body: order };
    },
    careful,
  );

  registerEndpoint(app, 'refundRechargeOrder', async ({ params, body, caller }) => {
    const [accountId, ...others] = await recharging.accountsOfOrder(params.id);
    if (accountId === undefined) return refuse('not_found', { detail: 'There is no such order.' });
    // Ids are made by callers, so two accounts may have one. Money is not moved on a guess.
    if (others.length > 0) return refuseField('id', 'several accounts have an order of this id');
    tellAbout(accountId);
    const orderId = params.id.toLowerCase();
    const of = { accountId, orderId, askedBy: caller.accountId, recharging };
    const begun = await asking.rechargeRefund(body, of);
    if ('refused' in begun || 'status' in begun) return begun;
    const order = await recharging.get(accountId, orderId);
    if (order === null) throw new Error(`order ${orderId} has gone`);
    return { status: begun.replayed ? 200 : 201, body: order };
  });

  await app.register(async (scope) => registerNotify(scope, recharging));
}

/** In a scope of its own: here alone a JSON body stays the text that was signed. */
function registerNotify(scope: FastifyInstance, recharging: Recharging): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  scope.post(
    notifyPath,
    { schema: { hide: true }, bodyLimit: notificationBytesMax },
    async (request, reply) => {
      const body = typeof request.body === 'string' ? request.body : '';
      const notified = await recharging.notify(request.headers, body);
      if (notified === 'taken') return reply.code(204).send();
      request.log.warn({ why: notified.refused }, 'a notification was refused');
      return reply.code(notified.status).send({ code: 'FAIL', message: notified.refused });
    },
  );
}
