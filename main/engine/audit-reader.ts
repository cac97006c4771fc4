/** Reads the server's audit log page by page, for whoever carries it out. It keeps nothing of it. */
import { auditPageMax } from '../../shared/api-audit.ts';
import type { DeskContext } from '../desk/context.ts';
import type { AuditReader } from '../export/audit-export.ts';
import { fromCallFailure } from '../sync/call-problem.ts';

export function auditReader({ client }: Pick<DeskContext, 'client'>): AuditReader {
  return async (filter, cursor) => {
    const from = cursor === null ? {} : { cursor };
    const told = await client.call('audit', { query: { ...filter, ...from, limit: auditPageMax } });
    if (told.kind === 'not_modified') throw new Error('a list was answered with not_modified');
    return told.kind === 'ok' ? { ok: true, ...told.body } : { ok: false, problem: fromCallFailure(told) };
  };
}
