/** Writes all margins of a stretch of time into a workbook, however many pages of them there are. It shows none of them. */
import { useState } from 'react';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { useCommand } from '../../../state/command.ts';
import { noteExport } from '../../../state/exports.ts';
import { readAllMargins } from '../../../state/margins.ts';
import { marginsQuery, type MarginsBy, type Stretch } from './stretch.ts';

interface MarginsExport {
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  readonly write: (by: MarginsBy, stretch: Stretch) => Promise<void>;
}

export function useMarginsExport(): MarginsExport {
  const exporting = useCommand('export.margins');
  // Reading every page comes before writing them: both are one act to whoever waits.
  const [gathering, setGathering] = useState(false);
  const [unread, setUnread] = useState<DeskProblem | null>(null);
  return {
    busy: gathering || exporting.busy,
    problem: unread ?? exporting.problem,
    async write(by, stretch) {
      setGathering(true);
      const all = await readAllMargins(marginsQuery(by, stretch));
      setGathering(false);
      setUnread(all.ok ? null : all.problem);
      if (!all.ok) return;
      const reply = await exporting.run({ by, ...stretch, rows: [...all.rows], total: all.total });
      if (reply?.ok === true && reply.output !== null) noteExport(reply.output);
    },
  };
}
