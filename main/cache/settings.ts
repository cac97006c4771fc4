/**
 * The operator's settings and kept views, and what the desk remembers of its sign-in between runs. The only writer of `settings`.
 * It must never hold a secret: those are the host's to keep.
 */
import { z } from 'zod';
import { Settings } from '../../shared/ipc-desk.ts';
import { HistoryView } from '../../shared/ipc-history.ts';
import type { Cache } from './database.ts';

export const settingsDefault: Settings = {
  language: 'zh-CN',
  theme: 'system',
  executor: { kind: 'simulated', seed: 1, failurePercent: 5, latencyMs: 40 },
  concurrency: 4,
  perMinuteMax: 0,
  offlineReserve: null,
  openAtLogin: false,
};

/** Which server and account the desk was last at. */
export const SessionMemory = z.object({
  serverUrl: z.string().nullable(),
  demo: z.boolean(),
  accountId: z.uuid().nullable(),
  phase: z.enum(['first_start', 'signed_out', 'signed_in', 'expired']),
});
export type SessionMemory = z.infer<typeof SessionMemory>;
const sessionMemoryDefault: SessionMemory = {
  serverUrl: null,
  demo: false,
  accountId: null,
  phase: 'first_start',
};

export type SettingsPart = { readonly [K in keyof Settings]?: Settings[K] | undefined };

export interface SettingsStore {
  current(): Settings;
  /** Keeps what is given and leaves the rest. */
  update(part: SettingsPart): Settings;
  /** An account's views of the history. */
  views(accountId: string): readonly HistoryView[];
  keepViews(accountId: string, views: readonly HistoryView[]): void;
  sessionMemory(): SessionMemory;
  rememberSession(memory: SessionMemory): void;
}

export function createSettings(cache: Cache): SettingsStore {
  const select = cache.sql.prepare<[string], { value: string }>('SELECT value FROM settings WHERE key = ?');
  const upsert = cache.sql.prepare<[string, string]>(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const stored = (key: string): unknown => parseJson(select.get(key)?.value ?? '{}');

  let settings = mended(stored('desk'));
  const memory = SessionMemory.safeParse(stored('session'));
  let session = memory.success ? memory.data : sessionMemoryDefault;
  return {
    current: () => settings,
    update(part) {
      const given = Object.entries(part).filter(([, value]) => value !== undefined);
      const next = Settings.parse({ ...settings, ...Object.fromEntries(given) });
      upsert.run('desk', JSON.stringify(next));
      settings = next;
      return settings;
    },
    views: (accountId) => readable(HistoryView, stored(viewsKey(accountId))),
    keepViews: (accountId, views) => {
      upsert.run(viewsKey(accountId), JSON.stringify(z.array(HistoryView).parse(views)));
    },
    sessionMemory: () => session,
    rememberSession(next) {
      upsert.run('session', JSON.stringify(SessionMemory.parse(next)));
      session = next;
    },
  };
}

/** Takes each stored setting that still parses, and the default for the others: one bad value costs only itself. */
function mended(stored: unknown): Settings {
  const source = z.record(z.string(), z.unknown()).catch({}).parse(stored);
  let settings = settingsDefault;
  for (const key of Object.keys(Settings.shape)) {
    const attempt = Settings.safeParse({ ...settings, [key]: source[key] });
    if (attempt.success) settings = attempt.data;
  }
  return settings;
}

function viewsKey(accountId: string): string {
  return `views ${accountId}`;
}

/** Those entries of a stored list that still parse: one that was written otherwise costs only itself. */
function readable<T>(schema: z.ZodType<T>, stored: unknown): T[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((entry) => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
