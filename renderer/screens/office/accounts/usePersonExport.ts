/** Writing down what is held about the account that a drawer shows. It keeps which export was begun, never what is in it. */
import { useState } from 'react';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { useCommand } from '../../../state/command.ts';
import { noteExport, useExports, type Export } from '../../../state/exports.ts';

export interface PersonExport {
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  /** How it stands with the last one of this account; null once it was put away. */
  readonly state: Export | null;
  /** Tables of which its file does not have every row. */
  readonly cutShort: readonly string[];
  readonly run: () => Promise<void>;
  readonly clear: () => void;
}

interface Begun {
  readonly accountId: string;
  readonly exportId: string;
  readonly cutShort: readonly string[];
}

export function usePersonExport(accountId: string | null): PersonExport {
  const { busy, problem, run: send, clear: clearProblem } = useCommand('export.person');
  const [begun, setBegun] = useState<Begun | null>(null);
  const shown = begun?.accountId === accountId ? begun : null;
  const state = useExports().find(({ id }) => id === shown?.exportId) ?? null;
  const run = async (): Promise<void> => {
    if (accountId === null) return;
    const reply = await send({ accountId });
    if (reply?.ok !== true || reply.output === null) return;
    noteExport(reply.output.state);
    setBegun({ accountId, exportId: reply.output.state.id, cutShort: reply.output.cutShort });
  };
  const clear = (): void => {
    clearProblem();
    setBegun(null);
  };
  return { busy, problem, state, cutShort: state === null ? [] : (shown?.cutShort ?? []), run, clear };
}
