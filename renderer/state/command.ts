/**
 * A command as a component uses it: whether it is under way, and the problem it last ended with. It must never run
 * the same command twice at once for one button.
 */
import { useCallback, useRef, useState } from 'react';
import type { CommandInput, CommandName, CommandReply } from '../../shared/ipc.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { invoke } from '../bridge.ts';

export interface Asking<N extends CommandName> {
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  /** Null: the one before is still under way, and this one was not sent. */
  readonly run: (input: CommandInput<N>) => Promise<CommandReply<N> | null>;
  readonly clear: () => void;
}

export function useCommand<N extends CommandName>(name: N): Asking<N> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<DeskProblem | null>(null);
  const running = useRef(false);

  const run = useCallback(
    async (input: CommandInput<N>) => {
      if (running.current) return null;
      running.current = true;
      setBusy(true);
      const reply = await invoke(name, input);
      running.current = false;
      setBusy(false);
      setProblem(reply.ok ? null : reply.problem);
      return reply;
    },
    [name],
  );
  const clear = useCallback(() => setProblem(null), []);
  return { busy, problem, run, clear };
}
