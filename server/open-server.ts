/**
 * Opens everything that a server process stands on, in order: database, schema, keys, ledger, demo data, routes;
 * and closes it in the opposite order. It reads no arguments and ends no process.
 */
import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import type { BackupSettings } from './backups/backup-settings.ts';
import { Backups } from './backups/backups.ts';
import { verifyApart } from './backups/verify-apart.ts';
import { audited } from './audit/acts.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { seedDemo } from './demo/seed.ts';
import { keepErasures } from './erasures.ts';
import { finance } from './finance-of.ts';
import { insistOnKeys, sharedSecret } from './identity/secrets.ts';
import { createMetrics } from './http/metrics.ts';
import { jobs, type Job, type JobDependencies } from './jobs.ts';
import { Ledger } from './ledger/ledger.ts';
import { createSigner, generateSigningJwk, signingKeyName, type Signer } from './ledger/signing.ts';
import { memberships } from './memberships-of.ts';
import { Metering } from './metering/metering.ts';
import { startMailer, type MailSettings } from './notices/mailer.ts';
import { openPlace } from './open-place.ts';
import { openPayments } from './open-payments.ts';
import { sealOld } from './reseal-all.ts';
import { priceBookInForce } from './pricing/price-books.ts';
import { Reconciling } from './reconciliation/reconciling.ts';

/** Milliseconds between two runs of the jobs; a hold that somebody touches ends on time without one. */
const jobsEveryMs = 60_000;

export interface OpenServer {
  readonly app: FastifyInstance;
  /** Lets requests under way finish, then closes the database. Safe to repeat. */
  close(): Promise<void>;
}

/** Throws DatabaseUnusable where the database can't be had; anything else thrown is a mistake of ours. */
export async function openServer(config: Config, log: Logger): Promise<OpenServer> {
  const opened = await openPlace(config, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  );
  const clock = Date.now;
  const database = audited(opened, clock);
  try {
    await migrate(database);
    await insistOnKeys(database, clock());
    await sealOld(database);
    const jwtSecret = config.jwtSecret ?? (await keptJwtSecret(database, clock()));
    const signer = await keptSigner(database, clock());
    if (config.demo) await seedDemo(database, signer, clock());
    const { businessZone, metricsToken, trustedProxies } = config;
    const metrics = createMetrics(() => database.connections());
    const ledger = new Ledger({
      database,
      clock,
      priceBook: priceBookInForce,
      signer,
      waitMsMax: config.secondPersonRules.waitMsMax,
      onChargesPosted: metrics.chargesPosted,
    });
    const payments = await openPayments(config, { database, ledger, clock, log });
    const reconciling = new Reconciling({ database, ledger, clock, wechat: payments });
    const backups = openBackups(config.backups, database, keysFolderOf(config));
    // Before anybody is served: the database may have been restored from before.
    if (config.backups !== null)
      await keepErasures(database, config.backups, clock()).catch((error: unknown) =>
        log.error({ err: error }, 'what was erased before could not be looked up beside the backups'),
      );
    const app = await buildApp({
      database,
      clock,
      jwtSecret,
      businessZone,
      signer,
      ledger,
      recharging: payments?.recharging ?? null,
      reconciling,
      backups,
      secondPersonRules: config.secondPersonRules,
      metrics,
      metricsToken,
      trustedProxies,
      logger: log,
    });
    const due = {
      database,
      clock,
      keep: config.keep,
      ledger,
      memberships: memberships({ database, ledger, clock }),
      metering: new Metering({ database, ledger, clock }),
      reconciling,
      finance: finance({ database, clock, businessZone }),
      backups,
    };
    const users = [runningJobs(due, log), () => reconciling.idle()];
    if (backups !== null) users.push(() => backups.idle());
    if (config.mail !== null) users.push(mailing(config.mail, database, log));
    if (payments !== null) users.push(payments.start(app));
    // One hook, for Fastify runs several of them in the opposite order: nobody may use a database that is closed.
    app.addHook('onClose', async () => {
      await Promise.all(users.map((stop) => stop()));
      await database.close();
    });
    let closing: Promise<void> | undefined;
    return { app, close: () => (closing ??= Promise.resolve(app.close())) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Null where no backups are set up. `dataDir` is where the server's own keys are, where they are in a folder. */
export function openBackups(
  settings: BackupSettings | null,
  database: Database,
  dataDir: string | null,
): Backups | null {
  if (settings === null) return null;
  const [, program = ''] = process.argv;
  const of = { keyFile: settings.keyFile, dataDir };
  const verify = (file: string): Promise<string | null> => verifyApart(program, file, of);
  return new Backups({ database, clock: Date.now, settings, verify });
}

function keysFolderOf({ keys, dataDir }: Config): string | null {
  return keys !== null && 'folder' in keys ? keys.folder : dataDir;
}

/** Sends what alerts want mailed. Returns what stops it, after the mail that is under way. */
function mailing(mail: MailSettings, database: Database, log: Logger): () => Promise<void> {
  const onFailure = (error: unknown, final: boolean): void =>
    log[final ? 'error' : 'warn']({ err: error }, final ? 'an alert was never mailed' : 'mail was not sent');
  const mailer = startMailer({ ...mail, database, clock: Date.now, onFailure });
  return () => mailer.stop();
}

/** Runs each job once a minute. Returns what stops it, after the run under way. */
function runningJobs(deps: JobDependencies, log: Logger): () => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const runOne = async (name: string, job: Job) => {
    try {
      const { failed } = await job.run(deps);
      for (const error of failed) log.error({ err: error, job: name }, 'a part of a job was not done');
    } catch (error) {
      log.error({ err: error, job: name }, 'a job was not done');
    }
  };
  const begin = () => {
    // One that takes longer than a minute is not joined by a second run of this process, and holds no other up.
    for (const [name, job] of Object.entries<Job>(jobs))
      if (!underWay.has(name))
        underWay.set(
          name,
          runOne(name, job).finally(() => underWay.delete(name)),
        );
  };
  const timer = setInterval(begin, jobsEveryMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay.values());
  };
}

function keptJwtSecret(database: Database, nowMs: number): Promise<string> {
  return sharedSecret(database, 'jwt-secret', () => randomBytes(48).toString('base64url'), nowMs);
}

/** The key that signs for everyone on this database: made once, then kept. */
export async function keptSigner(database: Database, nowMs: number): Promise<Signer> {
  return createSigner(JSON.parse(await sharedSecret(database, signingKeyName, newSigningKey, nowMs)));
}

async function newSigningKey(): Promise<string> {
  return JSON.stringify(await generateSigningJwk());
}
