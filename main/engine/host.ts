/**
 * What the engine borrows from the shell it runs under. Each request has a time limit: a host that says nothing is an
 * explicit outcome, never a wait for ever.
 */
import type { HostRequestInput, HostRequestName, HostRequestOutput } from '../../shared/engine-port.ts';

export type HostAnswer<N extends HostRequestName> =
  | { readonly ok: true; readonly output: HostRequestOutput<N> }
  | { readonly ok: false; readonly reason: 'refused' | 'timed_out' | 'stopped' };

export interface Host {
  request<N extends HostRequestName>(name: N, input: HostRequestInput<N>): Promise<HostAnswer<N>>;
}
