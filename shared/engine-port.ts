/**
 * The messages between a shell (Electron's main process or the loopback web shell) and the engine process: the
 * page's commands on their way in, answers and events on their way out, and what the engine borrows from its host.
 */
import { z } from 'zod';

/** Things that only a host has. Each is asked by the engine and answered by the shell. */
export const hostRequests = {
  /** A place to save a file, chosen by the person, or null when they closed the dialog. `download` is set by a shell whose page fetches the file itself. */
  'file.savePath': {
    input: z.strictObject({ suggestedName: z.string() }),
    output: z.object({ path: z.string(), download: z.string().nullable() }).nullable(),
  },
  /** Opens the demonstration's page to pay on; an address that is none is refused by the host. */
  'link.open': { input: z.strictObject({ url: z.string().max(200) }), output: z.object({}) },
  'file.reveal': { input: z.strictObject({ path: z.string() }), output: z.object({}) },
  /** Secrets (the refresh token) are kept by the host: safeStorage in Electron, a file readable by its owner alone elsewhere. */
  'secret.get': {
    input: z.strictObject({ name: z.string() }),
    output: z.object({ value: z.string().nullable() }),
  },
  'secret.set': {
    input: z.strictObject({ name: z.string(), value: z.string().nullable() }),
    output: z.object({}),
  },
  /** The desktop's own notification; title and body are already in the person's language. */
  'notify.show': { input: z.strictObject({ title: z.string(), body: z.string() }), output: z.object({}) },
} as const;
export type HostRequestName = keyof typeof hostRequests;
export type HostRequestInput<N extends HostRequestName> = z.infer<(typeof hostRequests)[N]['input']>;
export type HostRequestOutput<N extends HostRequestName> = z.infer<(typeof hostRequests)[N]['output']>;

export const ToEngine = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('command'), id: z.int(), name: z.string(), input: z.unknown() }),
  z.object({ kind: z.literal('hostReply'), id: z.int(), ok: z.boolean(), output: z.unknown() }),
  /** The machine woke up or a network appeared: sync now. */
  z.object({ kind: z.literal('wake') }),
  /** The embedded server came up (again), or is not there (null): then whether it is being started. */
  z.object({ kind: z.literal('demoServer'), url: z.string().nullable(), starting: z.boolean() }),
  /** Finish what is under way and exit 0. */
  z.object({ kind: z.literal('stop') }),
]);
export type ToEngine = z.infer<typeof ToEngine>;

export const FromEngine = z.discriminatedUnion('kind', [
  /** Sent once, when commands are taken. */
  z.object({ kind: z.literal('ready') }),
  /** The engine can't start: the code and parameters of a DeskProblem. It exits after this. */
  z.object({ kind: z.literal('fatal'), problem: z.unknown() }),
  z.object({ kind: z.literal('reply'), id: z.int(), reply: z.unknown() }),
  z.object({ kind: z.literal('event'), name: z.string(), payload: z.unknown() }),
  z.object({ kind: z.literal('host'), id: z.int(), name: z.string(), input: z.unknown() }),
]);
export type FromEngine = z.infer<typeof FromEngine>;

/** What the environment variable of engine-variable.ts holds. */
export const EngineOptions = z.strictObject({
  dataDir: z.string(),
  /** The server the desk was started for; null: the one chosen before, or none yet. */
  serverUrl: z.string().nullable(),
  /** The embedded demonstration server, when one runs beside the desk. */
  demoServerUrl: z.string().nullable(),
  /** What the host keeps secrets with; absent: a file that its mode alone guards. */
  secretStore: z.enum(['system', 'file']).exactOptional(),
});
export type EngineOptions = z.infer<typeof EngineOptions>;
