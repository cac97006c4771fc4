/** Reads margins to their end, for a file: what a list on the screen reads page by page as it is scrolled. */
import type { z } from 'zod';
import type { MarginLine, MarginTotal, MarginsQuery } from '../../shared/api-finance.ts';
import { marginRowsMax } from '../../shared/ipc-bills.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { ask } from './ask.ts';

const rowsTogether = 200;

export type AllMargins =
  | { readonly ok: true; readonly rows: readonly MarginLine[]; readonly total: z.infer<typeof MarginTotal> }
  | { readonly ok: false; readonly problem: DeskProblem };

/** Refused with `margins_too_many` where no workbook would be worth reading, or as the server refuses a page. */
export async function readAllMargins(
  query: Pick<z.input<typeof MarginsQuery>, 'by' | 'from' | 'until'>,
): Promise<AllMargins> {
  const rows: MarginLine[] = [];
  let cursor: string | null = null;
  for (;;) {
    const after: { cursor?: string } = cursor === null ? {} : { cursor };
    const told = await ask('margins', { query: { ...query, ...after, limit: rowsTogether } });
    if (!told.ok) return told;
    rows.push(...told.body.items);
    if (rows.length > marginRowsMax)
      return { ok: false, problem: { code: 'margins_too_many', params: { max: String(marginRowsMax) } } };
    if (told.body.nextCursor === null) return { ok: true, rows, total: told.body.total };
    cursor = told.body.nextCursor;
  }
}
