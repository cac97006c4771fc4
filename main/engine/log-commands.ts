/**
 * One file with the engine's log and what the desk is, for whoever is asked for help. It must never carry a secret: the
 * log holds none to begin with, and whatever looks like one is struck out on the way.
 */
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { dayIn } from '../cache/local-day.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';
import { logFiles } from '../log.ts';

/** What a token, a key or a password in an address looks like, whatever field it is in. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[token]'],
  [/\b(Bearer|Basic) +[\w.~+/=-]+/gi, '$1 [secret]'],
  [/(:\/\/)[^/\s:@"]+:[^/\s@"]+@/g, '$1[secret]@'],
  [
    /("?(?:password|secret|token|authorization|cookie|api_?key)"?\s*[:=]\s*)("[^"]*"|[^\s,;}]+)/gi,
    '$1"[secret]"',
  ],
];

export function withoutSecrets(line: string): string {
  return secrets.reduce((text, [pattern, instead]) => text.replace(pattern, instead), line);
}

export function registerLogCommands(registry: CommandRegistry, desk: DeskContext, version: string): void {
  registry.handle('logs.bundle', async () => {
    const day = dayIn(desk.session.account()?.timeZone ?? 'UTC')(desk.clock.now());
    const place = await desk.host.request('file.savePath', { suggestedName: `zhangtai-log-${day}.txt` });
    if (!place.ok) return refuse('export_failed');
    if (place.output === null) return answer(null);
    const { path, download } = place.output;
    const { language, theme, executor, ...numbers } = desk.settings.current();
    const about = {
      version,
      platform: `${process.platform} ${process.arch}, Node ${process.version}`,
      deviceId: desk.device.deviceId,
      at: new Date(desk.clock.now()).toISOString(),
      settings: { language, theme, executor: executor.kind, ...numbers },
      sync: desk.rounds.state(),
    };
    await write(path, JSON.stringify(about, null, 2), logFiles(desk.dataDir));
    return answer({ fileName: basename(path), download });
  });
}

/** Line by line, so that no log is ever held whole. */
async function write(path: string, head: string, files: readonly string[]): Promise<void> {
  const out = createWriteStream(path);
  const ended = finished(out);
  out.write(`${withoutSecrets(head)}\n`);
  for (const file of files) {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) continue;
    out.write(`\n── ${basename(file)}\n`);
    for await (const line of createInterface({ input: createReadStream(file) }))
      if (!out.write(`${withoutSecrets(line)}\n`)) await Promise.race([once(out, 'drain'), ended]);
  }
  out.end();
  await ended;
}
