/**
 * Ways to end an engine's process at an exact step, for tests: at a write to its database, or at a request of its own
 * before or after the other side has acted on it. It must never be imported outside tests.
 */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

/** At the first statement that contains `sql`, with parameters whose JSON contains `with`. */
export interface DatabaseStrike {
  readonly at: 'database';
  readonly sql: string;
  readonly with?: string;
  readonly when: 'before' | 'before the commit' | 'after the commit';
}

/** At the first request whose method and path match; the answer to it is never given. */
export interface RequestStrike {
  readonly at: 'server' | 'agent';
  readonly request: RegExp;
  readonly when: 'before it acts' | 'after it acted';
}

export type Strike = DatabaseStrike | RequestStrike;

/** The module to load first, and where it looks for what it has to do. */
export function killerArguments(strikeFile: string) {
  return {
    execArgv: ['--import', new URL('test-killer.ts', import.meta.url).href],
    environment: { ZHANGTAI_TEST_STRIKE: strikeFile },
  };
}

/** Holds the strike that comes next; `kill` ends the engine that is up, and returns when it is gone. */
export class Strikes {
  /** Where the engine that is up looks for a strike at its database. */
  strikeFile = '';
  readonly #kill: () => Promise<unknown>;
  #armed: RequestStrike | null = null;

  constructor(kill: () => Promise<unknown>) {
    this.#kill = kill;
  }

  arm(strike: Strike): void {
    this.#armed = strike.at === 'database' ? null : strike;
    if (strike.at === 'database') writeFileSync(this.strikeFile, JSON.stringify(strike));
  }

  /** True when the engine was ended at this moment of the request. */
  async met(at: RequestStrike['at'], when: RequestStrike['when'], what: IncomingMessage): Promise<boolean> {
    const armed = this.#armed;
    const isIt = armed?.at === at && armed.when === when && armed.request.test(`${what.method} ${what.url}`);
    if (!isIt) return false;
    this.#armed = null;
    await this.#kill();
    return true;
  }
}

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

async function listening(
  answer: (asked: IncomingMessage, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<Listening> {
  const server: Server = createServer((asked, response) => {
    answer(asked, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Stands between the desk and its server. Closed and opened again on the same port it is a network that went and came. */
export function strikingProxy(upstream: string, strikes: Strikes, port = 0): Promise<Listening> {
  return listening(async (asked, response) => {
    if (await strikes.met('server', 'before it acts', asked)) {
      response.destroy();
      return;
    }
    const { method, headers } = asked;
    const onward = request(
      new URL(asked.url ?? '/', upstream),
      method === undefined ? { headers } : { method, headers },
    );
    asked.pipe(onward);
    asked.on('close', () => (asked.complete ? undefined : onward.destroy()));
    const [answered] = (await once(onward, 'response')) as [IncomingMessage];
    if (await strikes.met('server', 'after it acted', asked)) {
      answered.destroy();
      response.destroy();
      return;
    }
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(response);
    response.on('close', () => onward.destroy());
  }, port);
}

/** An agent that keeps what it truly did. It follows a name that has `ok` in it, and fails for every other. */
export interface StrikingAgent extends Listening {
  /** Of every target that it was asked to follow, how often it did. */
  readonly follows: ReadonlyMap<string, number>;
}

export async function strikingAgent(strikes: Strikes): Promise<StrikingAgent> {
  const follows = new Map<string, number>();
  const outcomes = new Map<string, object>();
  const act = (taskId: string, target: string): void => {
    if (outcomes.has(taskId)) return;
    follows.set(target, (follows.get(target) ?? 0) + 1);
    const isDone = target.includes('ok');
    outcomes.set(taskId, isDone ? { outcome: 'succeeded' } : { outcome: 'failed', reason: 'user_not_found' });
  };
  const listener = await listening(async (asked, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    if (await strikes.met('agent', 'before it acts', asked)) return destroyed(response);
    let taskId = asked.url?.split('/').at(-1) ?? '';
    if (asked.method === 'POST') {
      const task = JSON.parse(text) as { readonly taskId: string; readonly targetUserId: string };
      taskId = task.taskId;
      act(taskId, task.targetUserId);
    }
    if (await strikes.met('agent', 'after it acted', asked)) return destroyed(response);
    const outcome = outcomes.get(taskId);
    response.writeHead(outcome === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(outcome ?? {}));
    return undefined;
  });
  return { ...listener, follows };
}

function destroyed(response: ServerResponse): void {
  response.destroy();
}
