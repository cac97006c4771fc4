/**
 * Opens everything that a server process stands on, in order: database, schema, keys, ledger, demo data, routes;
 * and closes it in the opposite order. It reads no arguments and ends no process.
 */
import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import { openDatabase, type Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { seedDemo } from './demo/seed.ts';
import { sharedSecret } from './identity/secrets.ts';
import { createMetrics } from './http/metrics.ts';
import { Ledger } from './ledger/ledger.ts';
import { createSigner, generateSigningJwk, type Signer } from './ledger/signing.ts';
import { priceBookInForce } from './pricing/price-books.ts';

/** Milliseconds between two sweeps; a hold that somebody touches ends on time without one. */
const sweepEveryMs = 60_000;

export interface OpenServer {
  readonly app: FastifyInstance;
  /** Lets requests under way finish, then closes the database. Safe to repeat. */
  close(): Promise<void>;
}

/** Throws DatabaseUnusable where the database can't be had; anything else thrown is a mistake of ours. */
export async function openServer(config: Config, log: Logger): Promise<OpenServer> {
  const database = await openDatabase({
    ...(config.databaseUrl === null ? {} : { databaseUrl: config.databaseUrl }),
    ...(config.dataDir === null ? {} : { dataDir: config.dataDir }),
    onConnectionLost: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  try {
    await migrate(database);
    const clock = Date.now;
    const jwtSecret = config.jwtSecret ?? (await keptJwtSecret(database, clock()));
    const signer = await keptSigner(database, clock());
    if (config.demo) await seedDemo(database, signer, clock());
    const { adjustmentAloneMax, metricsToken } = config;
    const metrics = createMetrics(() => database.connections());
    const ledger = new Ledger({
      database,
      clock,
      priceBook: priceBookInForce,
      signer,
      adjustmentAloneMax,
      onChargesPosted: metrics.chargesPosted,
    });
    const app = await buildApp({
      database,
      clock,
      jwtSecret,
      signer,
      ledger,
      metrics,
      metricsToken,
      logger: log,
    });
    app.addHook('onClose', sweeping(ledger, log));
    app.addHook('onClose', () => database.close());
    let closing: Promise<void> | undefined;
    return { app, close: () => (closing ??= Promise.resolve(app.close())) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Ends holds and grants that nobody touches any more, once a minute. Returns what stops it, after the one under way. */
function sweeping(ledger: Ledger, log: Logger): () => Promise<void> {
  let underWay: Promise<unknown> = Promise.resolve();
  const sweep = () => {
    underWay = ledger
      .sweep()
      .catch((error: unknown) => log.error({ err: error }, 'holds that are over were not ended'));
  };
  const timer = setInterval(sweep, sweepEveryMs);
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

function keptJwtSecret(database: Database, nowMs: number): Promise<string> {
  return sharedSecret(database, 'jwt-secret', () => randomBytes(48).toString('base64url'), nowMs);
}

/** The key that signs for everyone on this database: made once, then kept. */
export async function keptSigner(database: Database, nowMs: number): Promise<Signer> {
  return createSigner(JSON.parse(await sharedSecret(database, 'signing-key', newSigningKey, nowMs)));
}

async function newSigningKey(): Promise<string> {
  return JSON.stringify(await generateSigningJwk());
}
