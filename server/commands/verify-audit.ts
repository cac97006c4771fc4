/**
 * Verifying the audit log: names every entry that is altered, missing or out of order. It must never change anything.
 * Exit status 0 only when everything agrees.
 */
import { auditFaultsListedMax } from '../../shared/api-audit.ts';
import { verifyAudit } from '../audit/verify-audit.ts';
import type { Database } from '../database/database.ts';
import type { Command } from './command.ts';

export const verifyAuditCommand: Command = {
  summary: 'Recompute the chain of the audit log, and name what differs',
  options: {},
  database: 'as_it_is',
  run: ({ database, say }) => reportAudit(database, say),
};

/** Says what was found; the exit status. */
export async function reportAudit(database: Database, say: (line: string) => void): Promise<number> {
  const { firstSeq, lastSeq, head, entries, origins, erased, faults } = await verifyAudit(database);
  for (const { seq, kind, detail } of faults)
    say(`${seq === undefined ? 'audit log' : `entry ${seq}`}: ${kind}: ${detail}`);
  if (faults.length >= auditFaultsListedMax) say(`… only the first ${auditFaultsListedMax} are listed`);
  const range = entries === 0 ? 'no entries' : `entries ${firstSeq} to ${lastSeq}, which ends in ${head}`;
  const verdict = faults.length === 0 ? 'everything agrees' : `${faults.length} faults`;
  say(`${range}; ${origins} origins, ${erased} erased: ${verdict}`);
  return faults.length === 0 ? 0 : 1;
}
