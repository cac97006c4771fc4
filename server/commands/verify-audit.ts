/**
 * Verifying the audit log: names every entry that is altered, missing or out of order. It must never change anything.
 * Exit status 0 only when everything agrees.
 */
import { auditFaultsListedMax } from '../../shared/api-audit.ts';
import { keptEndProblem } from '../audit/kept-end.ts';
import { verifyAudit } from '../audit/verify-audit.ts';
import type { Database } from '../database/database.ts';
import { keysFit } from '../identity/secrets.ts';
import type { Command } from './command.ts';
import { readSigned } from './signed-file.ts';

export const verifyAuditCommand: Command = {
  summary: 'Recompute the chain of the audit log, and name what differs',
  options: {
    checkpoint: {
      hint: 'FILE',
      help: 'what a verification answered and somebody kept, held against the log too',
    },
  },
  database: 'as_it_is',
  async run({ database, option, say }) {
    const file = option('checkpoint');
    const problem =
      file === undefined
        ? null
        : await readSigned(database, file, 'a signed end of the audit log', (jwks, text) =>
            keptEndProblem(database, jwks, text),
          );
    if (file !== undefined) say(problem ?? 'the checkpoint agrees');
    const { status, opened } = await reportAudit(database, say);
    return problem === null && opened ? status : 1;
  },
};

/** Says what was found: the exit status, and whether the keys are there that open what is sealed. */
export async function reportAudit(
  database: Database,
  say: (line: string) => void,
): Promise<{ readonly status: number; readonly opened: boolean }> {
  const opened = await keysFit(database);
  const walked = await verifyAudit(database, { opens: opened });
  const { firstSeq, lastSeq, head, entries, origins, erased, faults } = walked;
  for (const { seq, kind, detail } of faults)
    say(`${seq === undefined ? 'audit log' : `entry ${seq}`}: ${kind}: ${detail}`);
  if (faults.length >= auditFaultsListedMax) say(`… only the first ${auditFaultsListedMax} are listed`);
  if (!opened)
    say(
      'what is sealed was not opened: it takes the keys of its server, by ZHANGTAI_KEYS or ZHANGTAI_KEY_FILE',
    );
  const range = entries === 0 ? 'no entries' : `entries ${firstSeq} to ${lastSeq}, which ends in ${head}`;
  const verdict = faults.length === 0 ? 'everything agrees' : `${faults.length} faults`;
  say(`${range}; ${origins} origins, ${erased} erased: ${verdict}`);
  return { status: faults.length === 0 ? 0 : 1, opened };
}
