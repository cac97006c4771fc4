/**
 * One desk, one server, one agent, each a process of its own, with a fault proxy on either side of the desk. What is
 * killed here comes back by itself on the same data; it must never share a database or a folder with another world.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../scripts/free-port.ts';
import { genesisHash } from '../../shared/chain.ts';
import { BillClient } from '../drive/bill-client.ts';
import { dropDatabase } from '../drive/database.ts';
import {
  EngineGone,
  EngineProcess,
  startAgent,
  startServer,
  type AgentProcess,
  type Host,
  type ServerProcess,
} from '../drive/processes.ts';
import type { Coverage } from './coverage.ts';
import { FaultProxy, type ProxyOptions } from './fault-proxy.ts';
import type { LinkName, Part, Schedule } from './schedule.ts';
import { follow, keepReserve, operator, signedIn, type Desk } from './desk.ts';

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

export class World implements Desk {
  readonly name = 'the desk';
  readonly truthFile: string;
  readonly kills: Record<Part, number> = { server: 0, engine: 0, agent: 0 };
  readonly links: Readonly<Record<LinkName, FaultProxy>>;
  /** The second desk's way to the server: nothing happens on it but that it may be closed. */
  readonly secondLink: FaultProxy;
  readonly checker: BillClient;
  readonly coverage: Coverage;
  known: Known = { seq: 0, head: genesisHash, balance: '0.00', unitPrice: '0.00' };
  readonly #slots: Slots;
  readonly #clockFile: string;
  readonly #host: Host;
  readonly #others = new Set<EngineProcess>();
  readonly #secondHost: Host = { secrets: new Map(), savePath: null };
  readonly #options: WorldOptions;

  private constructor(options: WorldOptions, parts: Parts) {
    this.#options = options;
    this.truthFile = truthFileOf(options);
    this.coverage = options.coverage;
    this.#clockFile = clockFileOf(options);
    this.links = parts.links;
    this.secondLink = parts.secondLink;
    this.checker = parts.checker;
    this.#host = parts.host;
    this.#slots = parts.slots;
  }

  static async open(options: WorldOptions): Promise<World> {
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(clockFileOf(options), '0');
    const port = await freePort();
    const serverUrl = `http://127.0.0.1:${port}`;
    const host: Host = { secrets: new Map(), savePath: null };
    let world: World | undefined;
    const common: Pick<ProxyOptions, 'kill' | 'onFault'> = {
      kill: async (part, downMs) => world?.kill(part, downMs) ?? false,
      onFault: (link, route, act) => options.coverage.fault(link, route, act),
    };
    let agentUrl = '';
    const links = {
      server: await FaultProxy.listen({ ...common, link: 'server', upstream: () => serverUrl }),
      agent: await FaultProxy.listen({ ...common, link: 'agent', upstream: () => agentUrl }),
    };
    const secondLink = await FaultProxy.listen({ ...common, link: 'server', upstream: () => serverUrl });
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
      engine: slot(engineStarter(options, links.server.url, host)),
    };
    try {
      // Whatever fails, the others have started by then, and can be ended.
      const started = await Promise.allSettled([bring(slots.server), bring(slots.agent)]);
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      await bring(slots.engine);
      const checker = await BillClient.signIn(serverUrl, operator.email);
      world = new World(options, { links, secondLink, slots, checker, host });
      await world.#begin();
      return world;
    } catch (error) {
      await endAll(slots, [links.server, links.agent, secondLink]);
      throw error;
    }
  }

  async #begin(): Promise<void> {
    await signedIn(this);
    const unitPrice = await this.checker.unitPrice(follow.platform, follow.operation);
    await keepReserve(this, 0, unitPrice);
    const rows = await this.checker.transactions();
    const { balance } = await this.checker.balance();
    this.known = { seq: rows.length, head: rows.at(-1)?.hash ?? genesisHash, balance, unitPrice };
  }

  engine(): EngineProcess {
    const { up } = this.#slots.engine;
    if (up === null) throw new EngineGone('no engine is up');
    return up;
  }

  /** Ends a process as a power cut would. False when it was down already, and stays so. */
  async kill(part: Part, downMs: number): Promise<boolean> {
    const { server, agent, engine } = this.#slots;
    const later = (): Promise<void> => delay(downMs);
    const wasUp = await (part === 'server'
      ? down(server, (up) => up.kill('SIGKILL'), later)
      : part === 'agent'
        ? down(agent, (up) => up.kill('SIGKILL'), later)
        : down(engine, (up) => up.kill(), later));
    if (wasUp) this.kills[part] += 1;
    return wasUp;
  }

  /** Ends the desk, does something to its data folder, and waits until it is back. */
  async whileDown(work: (dataDir: string) => void): Promise<void> {
    const { engine } = this.#slots;
    let isDone = false;
    while (!isDone) {
      await engine.back;
      isDone = await down(
        engine,
        (up) => up.kill(),
        async () => work(dataDirOf(this.#options)),
      );
    }
    await engine.back;
  }

  /** Another desk of this account, with a folder of its own that it finds again the next time. */
  async openSecond(): Promise<Desk> {
    const dataDir = join(this.#options.folder, 'second-desk');
    const desk = await this.#open('the second desk', dataDir, this.secondLink.url, this.#secondHost);
    await signedIn(desk);
    return desk;
  }

  /** A desk on a copy of this one's folder, taken while this one is down; it knows the same secrets. */
  async openCopy(): Promise<Desk> {
    const dataDir = join(this.#options.folder, 'copied-desk');
    await this.whileDown((original) => cpSync(original, dataDir, { recursive: true }));
    const host: Host = { secrets: new Map(this.#host.secrets), savePath: null };
    return this.#open('the copied desk', dataDir, this.links.server.url, host);
  }

  async #open(name: string, dataDir: string, serverUrl: string, host: Host): Promise<Desk> {
    const engine = new EngineProcess({ dataDir, serverUrl, demoServerUrl: null }, host);
    this.#others.add(engine);
    await engine.ready();
    return { name, engine: () => engine };
  }

  /** Ends the desks beside this world's own. */
  async closeOthers(): Promise<void> {
    const others = [...this.#others];
    this.#others.clear();
    await Promise.all(others.map((engine) => engine.kill()));
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
    await this.closeOthers();
    await endAll(this.#slots, [this.links.server, this.links.agent, this.secondLink]);
  }

  /** Removes what a closed world leaves behind. */
  async clear(): Promise<void> {
    const { databaseUrl, folder } = this.#options;
    await dropDatabase(databaseUrl);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly links: Readonly<Record<LinkName, FaultProxy>>;
  readonly secondLink: FaultProxy;
  readonly slots: Slots;
  readonly checker: BillClient;
  readonly host: Host;
}

interface Slots {
  readonly server: Slot<ServerProcess>;
  readonly agent: Slot<AgentProcess>;
  readonly engine: Slot<EngineProcess>;
}

async function endAll({ server, agent, engine }: Slots, links: readonly FaultProxy[]): Promise<void> {
  await engine.up?.kill();
  await Promise.all([server.up?.kill('SIGKILL'), agent.up?.kill('SIGKILL')]);
  await Promise.all(links.map((link) => link.close()));
}

function slot<T>(start: () => Promise<T>): Slot<T> {
  return { up: null, start, back: Promise.resolve() };
}

async function bring<T>(slot: Slot<T>): Promise<void> {
  slot.up = await slot.start();
}

/** False when it was down already. */
async function down<T>(
  slot: Slot<T>,
  end: (up: T) => Promise<void>,
  meanwhile: () => Promise<void>,
): Promise<boolean> {
  const { up } = slot;
  if (up === null) return false;
  slot.up = null;
  const ended = end(up);
  slot.back = ended.then(meanwhile).then(() => bring(slot));
  // Who waits for the world to be whole is told; until then it must not end this program.
  slot.back.catch(() => undefined);
  await ended;
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

function engineStarter(options: WorldOptions, serverUrl: string, host: Host): () => Promise<EngineProcess> {
  const engine = { dataDir: dataDirOf(options), serverUrl, demoServerUrl: null };
  const extras = {
    nodeOptions: ['--import', skewedClock],
    environment: { CHAOS_CLOCK_FILE: clockFileOf(options) },
  };
  return () => new EngineProcess(engine, host, extras).ready();
}

const truthFileOf = ({ folder }: WorldOptions): string => join(folder, 'truth.jsonl');
const dataDirOf = ({ folder }: WorldOptions): string => join(folder, 'desk');
const clockFileOf = ({ folder }: WorldOptions): string => join(folder, 'clock-offset');
