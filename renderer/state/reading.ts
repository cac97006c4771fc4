/**
 * What a component reads from the engine for itself alone: the last answer, why there is none or no newer one, and how to
 * try again. One question at a time; an answer that nobody waits for any more is dropped.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CommandInput, CommandName, CommandOutput, EventName } from '../../shared/ipc.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { invoke, onNews } from '../bridge.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface Reading<N extends CommandName> {
  /** Null until the first answer; kept while a later one is waited for, or fails. */
  readonly output: CommandOutput<N> | null;
  /** Why the last question got no answer. */
  readonly problem: DeskProblem | null;
  readonly readAgain: () => void;
}

/** Asks once for each input, and again at `news`. With null for an input nothing is asked. */
export function useReading<N extends CommandName>(
  name: N,
  input: CommandInput<N> | null,
  news?: EventName,
): Reading<N> {
  const [told, setTold] = useState<Pick<Reading<N>, 'output' | 'problem'>>({ output: null, problem: null });
  const begin = useRef(async (): Promise<void> => undefined);
  // An input is compared by what it says: whoever writes it down anew at each drawing asks nothing new.
  const asked = JSON.stringify(input);

  useEffect(() => {
    const question = JSON.parse(asked) as CommandInput<N> | null;
    if (question === null) return undefined;
    let wanted = true;
    const read = oneAtATime(async () => {
      if (!wanted) return;
      const reply = await invoke(name, question);
      if (!wanted) return;
      if (reply.ok) setTold({ output: reply.output, problem: null });
      else setTold(({ output }) => ({ output, problem: reply.problem }));
    });
    begin.current = read;
    void read();
    const stop = news === undefined ? () => undefined : onNews(news, () => void read());
    return () => {
      wanted = false;
      stop();
    };
  }, [name, asked, news]);

  const readAgain = useCallback(() => void begin.current(), []);
  return { ...told, readAgain };
}
