/**
 * Something that finance does, by one button. What is decided by two people is answered with 202 and waits: a section
 * shows that as what it is, and never as done.
 */
import { useCallback } from 'react';
import { LeftAlone } from '../../../../shared/api-approvals.ts';
import type { Askable } from '../../../../shared/ask.ts';
import type { EndpointRequest } from '../../../../shared/endpoints.ts';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { useDoing } from '../../../state/ask.ts';

/** The last: it waits, and this is what the same person may still do alone. */
export type Outcome = 'done' | 'waits' | LeftAlone;

export interface Act<N extends Askable> {
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  /** Null: it was refused, and `problem` says why, or the one before is still under way. */
  readonly run: (request: EndpointRequest<N>) => Promise<Outcome | null>;
  readonly clear: () => void;
}

export function useAct<N extends Askable>(endpoint: N): Act<N> {
  const { busy, problem, run: send, clear } = useDoing(endpoint);
  const run = useCallback(
    async (request: EndpointRequest<N>): Promise<Outcome | null> => {
      const told = await send(request);
      if (told === null || !told.ok) return null;
      return told.status === 202 ? (LeftAlone.safeParse(told.body).data ?? 'waits') : 'done';
    },
    [send],
  );
  return { busy, problem, run, clear };
}
