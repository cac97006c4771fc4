/**
 * A real engine process for the shells' tests: it speaks shared/engine-port.ts and does what each command's name
 * stands for here. It must never be started by the product.
 */
import { EngineOptions, ToEngine, type FromEngine } from '../../shared/engine-port.ts';
import { engineOptionsVariable } from '../../shared/engine-variable.ts';

const options = EngineOptions.parse(JSON.parse(process.env[engineOptionsVariable] ?? 'null'));
const hostWaiting = new Map<number, (reply: unknown) => void>();
let demoServerUrl = options.demoServerUrl;
let wakes = 0;
const demoStartings: boolean[] = [];

const say = (message: FromEngine): void => void process.send?.(message);
const reply = (id: number, output: unknown): void => say({ kind: 'reply', id, reply: { ok: true, output } });

function command(id: number, name: string, input: unknown): void {
  switch (name) {
    case 'desk.state':
      return reply(id, {
        pid: process.pid,
        input,
        demoServerUrl,
        serverUrl: options.serverUrl,
        wakes,
        demoStartings,
      });
    // Never answered.
    case 'sync.now':
      return undefined;
    case 'history.verify':
      return process.exit(3);
    case 'history.spend':
      say({ kind: 'event', name: 'ledger', payload: { lastSeq: 7 } });
      return reply(id, []);
    case 'export.start':
      hostWaiting.set(id, (answer) => reply(id, answer));
      return say({ kind: 'host', id, name: 'file.savePath', input: { suggestedName: '账单.csv' } });
    case 'export.reveal':
      hostWaiting.set(id, (answer) => reply(id, answer));
      return say({ kind: 'host', id, name: 'file.format', input: {} });
    default:
      return say({ kind: 'reply', id, reply: { ok: false, problem: { code: 'unexpected', params: {} } } });
  }
}

process.on('message', (raw) => {
  const message = ToEngine.parse(raw);
  switch (message.kind) {
    case 'command':
      return command(message.id, message.name, message.input);
    case 'hostReply':
      return hostWaiting.get(message.id)?.({ ok: message.ok, output: message.output });
    case 'wake':
      wakes += 1;
      return undefined;
    case 'demoServer':
      demoServerUrl = message.url;
      demoStartings.push(message.starting);
      return undefined;
    case 'stop':
      return process.exit(0);
  }
});
process.on('disconnect', () => process.exit(0));

if (options.dataDir.endsWith('in-use')) {
  process.send?.({ kind: 'fatal', problem: { code: 'data_folder_in_use', params: {} } }, () =>
    process.exit(1),
  );
} else if (options.dataDir.endsWith('crashing')) {
  process.exit(9);
} else {
  say({ kind: 'ready' });
}
