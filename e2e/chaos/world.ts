/**
 * One desk, one server, one agent, each a process of its own, with a fault proxy on either side of the desk. What is
 * killed here comes back by itself on the same data; it must never share a database or a folder with another world.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { genesisHash } from '../../shared/chain.ts';
import { BillClient } from '../drive/bill-client.ts';
import { dropDatabase } from '../drive/database.ts';
import {
  EngineGone,
  EngineProcess,
  freePort,
  startAgent,
  startServer,
  until,
  type AgentProcess,
  type Host,
  type ServerProcess,
} from '../drive/processes.ts';
import type { Coverage } from './coverage.ts';
import { FaultProxy, type ProxyOptions } from './fault-proxy.ts';
import type { LinkName, Part, Schedule } from './schedule.ts';

export const operator = { email: 'operator@demo.example', password: 'zhangtai-demo' };
/** What every campaign of a run does. */
export const follow = { platform: 'xiaohongshu', operation: 'follow' };
const skewedClock = join(import.meta.dirname, 'skewed-clock.ts');

/** A process that may be down, and comes back by itself. */
interface Slot<T> {
  up: T | null;
  readonly start: () => Promise<T>;
  /** Rejects when it did not come back. */
  back: Promise<void>;
}

/** What was known of the account when the last schedule had been compared. */
export interface Known {
  readonly seq: number;
  readonly head: string;
  readonly balance: string;
  /** What a follow costs. */
  readonly unitPrice: string;
}

export interface WorldOptions {
  readonly folder: string;
  /** A PostgreSQL database with the demonstration's accounts, this world's own. */
  readonly databaseUrl: string;
  readonly agentSeed: number;
  readonly coverage: Coverage;
}

export class World {
  readonly truthFile: string;
  readonly kills: Record<Part, number> = { server: 0, engine: 0, agent: 0 };
  readonly links: Readonly<Record<LinkName, FaultProxy>>;
  readonly checker: BillClient;
  readonly coverage: Coverage;
  known: Known = { seq: 0, head: genesisHash, balance: '0.00', unitPrice: '0.00' };
  readonly #slots: Slots;
  readonly #clockFile: string;
  readonly #options: WorldOptions;

  private constructor(
    options: WorldOptions,
    links: Readonly<Record<LinkName, FaultProxy>>,
    slots: Slots,
    checker: BillClient,
  ) {
    this.#options = options;
    this.truthFile = truthFileOf(options);
    this.coverage = options.coverage;
    this.#clockFile = clockFileOf(options);
    this.links = links;
    this.checker = checker;
    this.#slots = slots;
  }

  static async open(options: WorldOptions): Promise<World> {
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(clockFileOf(options), '0');
    const port = await freePort();
    let world: World | undefined;
    const common: Pick<ProxyOptions, 'kill' | 'onFault'> = {
      kill: async (part, downMs) => world?.kill(part, downMs) ?? false,
      onFault: (link, act) => options.coverage.fault(link, act),
    };
    let agentUrl = '';
    const links = {
      server: await FaultProxy.listen({
        ...common,
        link: 'server',
        upstream: () => `http://127.0.0.1:${port}`,
      }),
      agent: await FaultProxy.listen({ ...common, link: 'agent', upstream: () => agentUrl }),
    };
    const slots: Slots = {
      server: slot(serverStarter(options, port)),
      agent: slot(async () => {
        const agent = await startAgent({
          seed: options.agentSeed,
          failurePercent: 15,
          truthFile: truthFileOf(options),
        });
        agentUrl = agent.url;
        return agent;
      }),
      engine: slot(engineStarter(options, links.server.url)),
    };
    try {
      // Whatever fails, the others have started by then, and can be ended.
      const started = await Promise.allSettled([bring(slots.server), bring(slots.agent)]);
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      await bring(slots.engine);
      const checker = await BillClient.signIn(`http://127.0.0.1:${port}`, operator.email);
      world = new World(options, links, slots, checker);
      await world.#signIn();
      return world;
    } catch (error) {
      await endAll(slots, links);
      throw error;
    }
  }

  async #signIn(): Promise<void> {
    await this.engine().command('session.signIn', operator);
    await until('the first round', async () => {
      const state = await this.engine().command('desk.state', {});
      return state.balance !== null && state.pricing !== null && !state.sync.running;
    });
    const rows = await this.checker.transactions();
    const { balance } = await this.checker.balance();
    const unitPrice = await this.checker.unitPrice(follow.platform, follow.operation);
    this.known = { seq: rows.length, head: rows.at(-1)?.hash ?? genesisHash, balance, unitPrice };
  }

  /** The engine that is up; throws EngineGone while none is. */
  engine(): EngineProcess {
    const { up } = this.#slots.engine;
    if (up === null) throw new EngineGone('no engine is up');
    return up;
  }

  /** Ends a process as a power cut would. False when it was down already, and stays so. */
  async kill(part: Part, downMs: number): Promise<boolean> {
    const { server, agent, engine } = this.#slots;
    const wasUp = await (part === 'server'
      ? down(server, (up) => up.kill('SIGKILL'), downMs)
      : part === 'agent'
        ? down(agent, (up) => up.kill('SIGKILL'), downMs)
        : down(engine, (up) => up.kill(), downMs));
    if (wasUp) this.kills[part] += 1;
    return wasUp;
  }

  /** True when a desk was up to notice it. */
  setClockOff(ms: number): boolean {
    writeFileSync(this.#clockFile, String(ms));
    const { up } = this.#slots.engine;
    up?.signal('SIGUSR2');
    return up !== null;
  }

  /** Everything that was killed is back. */
  async whole(): Promise<void> {
    const { server, agent, engine } = this.#slots;
    await Promise.all([server.back, agent.back, engine.back]);
  }

  arm({ faults }: Schedule): void {
    for (const link of Object.values(this.links)) link.arm(faults);
  }

  /** No fault is left, nothing is late, every process is up and the clock is right. */
  async letGo(): Promise<void> {
    await Promise.all(Object.values(this.links).map((link) => link.letGo()));
    await this.whole();
    this.setClockOff(0);
    this.engine().wake();
  }

  async close(): Promise<void> {
    await this.whole().catch(() => undefined);
    await endAll(this.#slots, this.links);
  }

  /** Removes what a closed world leaves behind. */
  async clear(): Promise<void> {
    const { databaseUrl, folder } = this.#options;
    await dropDatabase(databaseUrl);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Slots {
  readonly server: Slot<ServerProcess>;
  readonly agent: Slot<AgentProcess>;
  readonly engine: Slot<EngineProcess>;
}

async function endAll(
  { server, agent, engine }: Slots,
  links: Readonly<Record<LinkName, FaultProxy>>,
): Promise<void> {
  await engine.up?.kill();
  await Promise.all([server.up?.kill('SIGKILL'), agent.up?.kill('SIGKILL')]);
  await Promise.all(Object.values(links).map((link) => link.close()));
}

function slot<T>(start: () => Promise<T>): Slot<T> {
  return { up: null, start, back: Promise.resolve() };
}

async function bring<T>(slot: Slot<T>): Promise<void> {
  slot.up = await slot.start();
}

/** False when it was down already. */
async function down<T>(slot: Slot<T>, end: (up: T) => Promise<void>, downMs: number): Promise<boolean> {
  const { up } = slot;
  if (up === null) return false;
  slot.up = null;
  await end(up);
  slot.back = delay(downMs).then(() => bring(slot));
  // Who waits for the world to be whole is told; until then it must not end this program.
  slot.back.catch(() => undefined);
  return true;
}

/** Every second restart has another secret, so that each access token is over. */
function serverStarter(options: WorldOptions, port: number): () => Promise<ServerProcess> {
  let starts = 0;
  return () => {
    starts += 1;
    const jwtSecret = `a secret of this run, the ${Math.floor(starts / 2)}th of them all`;
    const logFile = join(options.folder, 'server.log');
    return startServer({
      port,
      dataDir: options.folder,
      databaseUrl: options.databaseUrl,
      jwtSecret,
      logFile,
    });
  };
}

function engineStarter(options: WorldOptions, serverUrl: string): () => Promise<EngineProcess> {
  const host: Host = { secrets: new Map(), savePath: null };
  const engine = { dataDir: join(options.folder, 'desk'), serverUrl, demoServerUrl: null };
  const extras = {
    nodeOptions: ['--import', skewedClock],
    environment: { CHAOS_CLOCK_FILE: clockFileOf(options) },
  };
  return () => new EngineProcess(engine, host, extras).ready();
}

const truthFileOf = ({ folder }: WorldOptions): string => join(folder, 'truth.jsonl');
const clockFileOf = ({ folder }: WorldOptions): string => join(folder, 'clock-offset');
