/**
 * `node server/start.ts`: reads the settings, opens the database, serves, and stops when it is told to; or runs the
 * command that its first argument names. On stdout
 * it prints one line, when it is ready; everything that keeps it from starting is said in sentences on stderr. It
 * must never show a stack for a mistake in the settings, and never outlive the program that started it over IPC.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino, type Logger } from 'pino';
import { commandList, isCommand, runCommand } from './commands/run-command.ts';
import { parseConfig, usage, type Config } from './config.ts';
import { DatabaseUnusable } from './database/database.ts';
import { KeysUnusable } from './protection/key-ring.ts';
import { listenProblem, preflightProblems } from './preflight.ts';
import { openServer, type OpenServer } from './open-server.ts';
import { findStarter } from './starter.ts';

/** Milliseconds that requests under way have to finish once the server stops. */
const stopMsMax = 10_000;
const starter = findStarter();

await main();

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  if (isCommand(first)) {
    process.exitCode = await runCommand(first, rest, process.env);
    return;
  }
  const parsed = parseConfig(process.argv.slice(2), process.env);
  if (parsed.kind === 'help') return void process.stdout.write(`${usage}\nCommands:\n${commandList}\n`);
  if (parsed.kind === 'problems') return refuseToStart(parsed.problems);
  const problems = await preflightProblems(parsed.config);
  if (problems.length > 0) return refuseToStart(problems);

  const log = createLog(parsed.config);
  const stopWanted = stopRequest();
  const server = await openOrRefuse(parsed.config, log);
  if (server === null) return;
  const url = await listenOrRefuse(server, parsed.config);
  if (url === null) return;
  process.stdout.write(`Zhangtai server listening on ${url}\n`);
  starter?.listening(url);
  log.info({ url, reason: await stopWanted }, 'stopping');
  await stop(server, log);
}

function refuseToStart(problems: readonly string[]): void {
  process.stderr.write(problems.map((problem) => `${problem}\n`).join(''));
  process.exitCode = 1;
  // An open channel to the parent would keep the process alive.
  starter?.letGo();
}

function createLog(config: Config): Logger {
  const options = {
    level: config.logLevel,
    base: { service: 'zhangtai' },
    // No line is meant to carry these; should one ever, they are cut out.
    redact: ['password', 'accessToken', 'refreshToken', 'authorization', 'req.headers', '*.password'],
  };
  return pino(options, pino.destination({ dest: config.logFile ?? 2, sync: true }));
}

/** Resolves with the reason when a signal comes or the program that started us with a channel goes. */
function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    starter?.onLeave(resolve);
  });
}

async function openOrRefuse(config: Config, log: Logger): Promise<OpenServer | null> {
  try {
    return await openServer(config, log);
  } catch (error) {
    if (!(error instanceof DatabaseUnusable || error instanceof KeysUnusable)) throw error;
    refuseToStart([error.message]);
    return null;
  }
}

async function listenOrRefuse(server: OpenServer, config: Config): Promise<string | null> {
  const { host, port } = config;
  try {
    await server.app.listen({ host, port });
  } catch (error) {
    await server.close();
    refuseToStart([listenProblem(error as NodeJS.ErrnoException, host, port)]);
    return null;
  }
  return urlOf(server.app);
}

function urlOf(app: FastifyInstance): string {
  const { address, family, port } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Finishes what was taken, then ends with 0. Whatever will not finish is given up after `stopMsMax`, with 1. */
async function stop(server: OpenServer, log: Logger): Promise<void> {
  const tooLong = setTimeout(() => {
    log.fatal('requests under way did not finish in time');
    process.exit(1);
  }, stopMsMax);
  await server.close();
  clearTimeout(tooLong);
  starter?.letGo();
}
