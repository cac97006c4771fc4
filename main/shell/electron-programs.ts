/**
 * How Electron runs the desk's two programs beside the window: the engine and the demonstration server. It must never
 * speak with them.
 */
import { join } from 'node:path';
import { app, utilityProcess, type UtilityProcess } from 'electron';
import { engineOptionsVariable } from '../../shared/engine-variable.ts';
import type { ProcessLog } from './data-folder.ts';
import {
  nodeEngine,
  nodeServer,
  type EngineProcessEvents,
  type SpawnEngine,
  type SpawnServer,
} from './programs.ts';

/** How the engine and the demonstration server are run: from their bundles, or from the sources on a Node named for it. */
export function programs(root: string, log: ProcessLog): { engine: SpawnEngine; server: SpawnServer } {
  const engineNode = process.env['ZHANGTAI_ENGINE_NODE'];
  // Only a run from the sources may be told to use another Node; an installed app runs what it came with.
  const bundles = {
    engine: join(root, 'dist', 'engine', 'process.js'),
    server: join(root, 'dist', 'server', 'start.js'),
  };
  if (engineNode === undefined || app.isPackaged)
    return { engine: utilityEngine(bundles.engine, log), server: utilityServer(bundles.server, log) };
  const sources = {
    engine: join(root, 'main', 'engine', 'process.ts'),
    server: join(root, 'server', 'start.ts'),
  };
  const entries = process.env['ZHANGTAI_RUN_BUNDLES'] === '1' ? bundles : sources;
  return {
    engine: nodeEngine(engineNode, entries.engine, log.descriptor),
    server: nodeServer(engineNode, entries.server, log.descriptor),
  };
}

function utilityEngine(entry: string, log: ProcessLog): SpawnEngine {
  return (options, events) => {
    const place = { [engineOptionsVariable]: JSON.stringify(options) };
    const child = runBeside(entry, [], 'Zhangtai engine', place, log, events);
    return { post: (message) => child.postMessage(message), kill: () => kill(child) };
  };
}

function utilityServer(entry: string, log: ProcessLog): SpawnServer {
  return (args, events) => {
    const child = runBeside(entry, args, 'Zhangtai demonstration', {}, log, events);
    return { end: () => child.postMessage({ kind: 'stop' }), kill: () => kill(child) };
  };
}

/** Electron's own way of running a process beside the window. What it writes to its terminal goes to the log. */
function runBeside(
  entry: string,
  args: readonly string[],
  serviceName: string,
  env: Record<string, string>,
  log: ProcessLog,
  { onMessage, onExit }: EngineProcessEvents,
): UtilityProcess {
  const child = utilityProcess.fork(entry, [...args], {
    env: { ...process.env, ...env },
    stdio: 'pipe',
    serviceName,
  });
  child.stdout?.on('data', (data) => log.note(String(data).trimEnd()));
  child.stderr?.on('data', (data) => log.note(String(data).trimEnd()));
  child.on('message', onMessage);
  child.on('exit', (code) => onExit(`exit code ${code}`));
  return child;
}

function kill({ pid }: UtilityProcess): void {
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}
