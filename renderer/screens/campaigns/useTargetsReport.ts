/** What reading a campaign's targets came to: known from the reading itself, or read again after the window was closed. */
import { useCallback, useEffect } from 'react';
import type { z } from 'zod';
import type { TargetsReport } from '../../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { useCommand } from '../../state/command.ts';
import { noteReport, useDrafts } from '../../state/drafts.ts';

interface Reading {
  readonly report: z.infer<typeof TargetsReport> | undefined;
  readonly problem: DeskProblem | null;
  readonly readAgain: () => void;
}

export function useTargetsReport(id: string): Reading {
  const report = useDrafts((state) => state.reports[id]);
  const { run, problem } = useCommand('campaign.report');
  const read = useCallback(async () => {
    const reply = await run({ id });
    if (reply?.ok === true) noteReport(id, reply.output);
  }, [id, run]);
  const known = report !== undefined;
  useEffect(() => {
    if (!known) void read();
  }, [known, read]);
  return { report, problem, readAgain: () => void read() };
}
