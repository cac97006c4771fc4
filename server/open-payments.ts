/**
 * Opens what recharges stand on: WeChat Pay where it is set up, or for a demo a sandbox in its place. A demo must never
 * take real money, whatever the environment says.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import words from '../shared/messages/zh-CN/payments.json' with { type: 'json' };
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import type { Ledger } from './ledger/ledger.ts';
import { watchOrders } from './payments/order-watch.ts';
import { Recharging } from './payments/recharging.ts';
import { createWechatClient, type WechatClient } from './payments/wechat-client.ts';
import { rechargeMaxDefault, rechargeMinDefault, type WechatSettings } from './payments/wechat-settings.ts';
import { notifyPath } from './routes/recharge-routes.ts';
import { startSandbox, type Sandbox } from './sandbox/sandbox.ts';

export interface Payments {
  readonly recharging: Recharging;
  readonly client: WechatClient;
  /** Begins to ask about orders; returns what stops that, and the sandbox where there is one. */
  start(app: FastifyInstance): () => Promise<void>;
}

/** Null where recharges are not set up. */
export async function openPayments(
  config: Pick<Config, 'demo' | 'wechat'>,
  parts: {
    readonly database: Database;
    readonly ledger: Ledger;
    readonly clock: () => number;
    readonly log: Logger;
  },
): Promise<Payments | null> {
  const { clock, log } = parts;
  let listening: FastifyInstance | null = null;
  const sandbox = config.demo ? await startSandbox({ clock }) : null;
  const settings =
    sandbox === null ? config.wechat : sandboxSettings(sandbox, () => `${urlOf(listening)}${notifyPath}`);
  if (settings === null) return null;
  const client = createWechatClient(settings, clock);
  const recharging = new Recharging({
    ...parts,
    settings,
    client,
    description: words.description,
    onOddity: (what, about) => log.warn(about, what),
  });
  return {
    recharging,
    client,
    start(app) {
      listening = app;
      const stopWatching = watchOrders({
        recharging,
        clock,
        onFailure: (error) => log.error({ err: error }, 'orders were not asked about'),
      });
      return async () => {
        await stopWatching();
        await sandbox?.close();
      };
    },
  };
}

/** What a merchant of the sandbox has been given. */
export function sandboxSettings({ keys, url }: Sandbox, notifyUrl: () => string): WechatSettings {
  const forEver = Number.POSITIVE_INFINITY;
  return {
    mchid: keys.mchid,
    appid: keys.appid,
    apiV3Key: keys.apiV3Key,
    merchantKey: keys.merchant.privateKey,
    merchantSerial: keys.merchantSerial,
    platformKeys: new Map([
      [keys.publicKeyId, { key: keys.platform.publicKey, untilMs: forEver }],
      [keys.certificateSerial, { key: keys.certified.publicKey, untilMs: forEver }],
    ]),
    publicKeyId: keys.publicKeyId,
    get notifyUrl() {
      return notifyUrl();
    },
    baseUrl: url,
    amountMin: rechargeMinDefault,
    amountMax: rechargeMaxDefault,
  };
}

/** Where a server that listens on this machine is reached from it. */
function urlOf(app: FastifyInstance | null): string {
  if (app === null) throw new Error('an order is made once the server listens');
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
