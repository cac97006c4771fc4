/**
 * What the engine borrows from the shell it runs under. Each request has a time limit: a host that says nothing is an
 * explicit outcome, never a wait for ever.
 */
import {
  hostRequests,
  type HostRequestInput,
  type HostRequestName,
  type HostRequestOutput,
} from '../../shared/engine-port.ts';

export type HostAnswer<N extends HostRequestName> =
  | { readonly ok: true; readonly output: HostRequestOutput<N> }
  | { readonly ok: false; readonly reason: 'refused' | 'timed_out' | 'stopped' };

export interface Host {
  request<N extends HostRequestName>(name: N, input: HostRequestInput<N>): Promise<HostAnswer<N>>;
}

export interface OwnedHost extends Host {
  /** The shell's answer to the request of this number. One that nobody waits for any more is dropped. */
  answered(id: number, ok: boolean, output: unknown): void;
  /** Answers all that is waited for with `stopped`. */
  stop(): void;
}

const answerMsMax = 10_000;
/** A person may leave a dialog open while they do something else. */
const dialogMsMax = 60 * 60_000;

type Failure = Extract<HostAnswer<HostRequestName>, { ok: false }>['reason'];

export function createHost(
  send: (request: { readonly id: number; readonly name: string; readonly input: unknown }) => void,
): OwnedHost {
  const waiting = new Map<number, { answer(output: unknown): void; fail(reason: Failure): void }>();
  let lastId = 0;
  let stopped = false;
  return {
    request<N extends HostRequestName>(name: N, input: HostRequestInput<N>): Promise<HostAnswer<N>> {
      if (stopped) return Promise.resolve({ ok: false, reason: 'stopped' });
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        const end = (answer: HostAnswer<N>): void => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(answer);
        };
        const limitMs = name === 'file.savePath' ? dialogMsMax : answerMsMax;
        const timer = setTimeout(() => end({ ok: false, reason: 'timed_out' }), limitMs);
        waiting.set(id, {
          answer(output) {
            const parsed = hostRequests[name].output.safeParse(output);
            if (!parsed.success) end({ ok: false, reason: 'refused' });
            // Parsed with this request's own schema, which is what the cast states.
            else end({ ok: true, output: parsed.data as HostRequestOutput<N> });
          },
          fail: (reason) => end({ ok: false, reason }),
        });
        send({ id, name, input });
      });
    },
    answered(id, ok, output) {
      if (ok) waiting.get(id)?.answer(output);
      else waiting.get(id)?.fail('refused');
    },
    stop() {
      stopped = true;
      for (const wait of waiting.values()) wait.fail('stopped');
    },
  };
}
