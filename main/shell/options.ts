/**
 * Reads what a desk is started with, the same words for `npm start` and for Electron. It must never guess: an
 * option it does not know, or a value it cannot use, is refused in one sentence.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const shellChoices = ['auto', 'electron', 'web'] as const;
export type ShellChoice = (typeof shellChoices)[number];

export interface StartOptions {
  /** Absolute; null: the usual place. */
  readonly dataDir: string | null;
  /** The server's origin, without a slash at its end; null: the one chosen before, or the demonstration. */
  readonly serverUrl: string | null;
  /** 0: any free port. */
  readonly port: number;
  readonly openBrowser: boolean;
  readonly shell: ShellChoice;
  readonly help: boolean;
}

/** A refusal: `start.<code>` in the message files, filled with `value`. */
export interface OptionProblem {
  readonly code: 'option_unknown' | 'option_value' | 'server_address' | 'port' | 'shell';
  readonly value: string;
}

export type StartOptionsResult =
  | { readonly ok: true; readonly options: StartOptions }
  | { readonly ok: false; readonly problem: OptionProblem };

const known = {
  'data-dir': { type: 'string' },
  server: { type: 'string' },
  port: { type: 'string' },
  'no-open': { type: 'boolean' },
  shell: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The origin of an address such as `https://billing.example`; null when it is no plain http(s) address. */
export function serverOrigin(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The constructor is the parser; URL.canParse is missing in the Node of the oldest Electron.
    return null;
  }
  const plain = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : null;
}

function refuse(code: OptionProblem['code'], value: string): StartOptionsResult {
  return { ok: false, problem: { code, value } };
}

/** `args` are the words after the program's name. Relative folders are meant from the current one. */
export function readStartOptions(args: readonly string[]): StartOptionsResult {
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true });
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') return refuse('option_unknown', token.value);
    if (!Object.hasOwn(known, token.name)) return refuse('option_unknown', token.rawName);
    const wantsValue = known[token.name as keyof typeof known].type === 'string';
    // `--data-dir --no-open` is a forgotten value; a folder that starts with a dash is given as --data-dir=-x.
    const forgotten = token.value === '' || (token.value?.startsWith('-') === true && !token.inlineValue);
    if (wantsValue === (token.value === undefined) || forgotten) return refuse('option_value', token.rawName);
    values.set(token.name, token.value ?? '');
  }
  const dataDir = values.get('data-dir') ?? null;
  const server = values.get('server') ?? null;
  const serverUrl = server === null ? null : serverOrigin(server);
  if (server !== null && serverUrl === null) return refuse('server_address', server);
  const port = values.get('port') ?? '0';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return refuse('port', port);
  const wanted = values.get('shell') ?? 'auto';
  const shell = shellChoices.find((choice) => choice === wanted);
  if (shell === undefined) return refuse('shell', wanted);
  return {
    ok: true,
    options: {
      dataDir: dataDir === null ? null : isAbsolute(dataDir) ? dataDir : resolve(dataDir),
      serverUrl,
      port: Number(port),
      openBrowser: !values.has('no-open'),
      shell,
      help: values.has('help'),
    },
  };
}

/** Where a person's own data lives by the platform's convention. */
export function usualDataDir(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const home = homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Zhangtai');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Zhangtai');
  const shared = env['XDG_DATA_HOME'];
  // The XDG rule: a relative path there is invalid and is ignored.
  return join(
    shared !== undefined && isAbsolute(shared) ? shared : join(home, '.local', 'share'),
    'Zhangtai',
  );
}
