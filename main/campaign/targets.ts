/**
 * Reads a list of targets from pasted text or a file's bytes, and says line by line what it left out and why. It
 * must never let a doubtful id through silently: whoever it names would be followed and paid for.
 */
import { targetsMax, type TargetsReport } from '../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { decode, isZip } from '../tables/decoding.ts';
import { delimitedRows, likelyDelimiter, withPlainLineEnds } from '../tables/delimited.ts';
import { readWorkbookRows } from './targets-workbook.ts';

export type TargetsSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly fileName: string; readonly bytes: Uint8Array };

export type TargetsResult =
  | { readonly ok: true; readonly targets: string[]; readonly report: TargetsReport }
  | { readonly ok: false; readonly problem: DeskProblem };

/** A cell's text, or what it shows where it can't be taken for a text as it stands. */
export type TargetsCell = string | { readonly malformed: string };
/** One line of a list: its cells, or its raw text where it can't be taken apart. Lines count from 1. */
export type TargetsRow =
  | { readonly line: number; readonly cells: readonly TargetsCell[] }
  | { readonly line: number; readonly malformed: string };

type Problem = TargetsReport['problems'][number];
type Encoding = TargetsReport['encoding'];

const idCharactersMax = 200;
const problemsMax = 200;
const problemTextMax = 80;

/** Column names that mean "the target", most certain first, compared without case, spaces, `_` and `-`. */
const headerNames =
  '目标用户id 目标id targetuserid targetid 用户id userid uid 目标用户 目标账号 目标 target 用户 user 用户编号 账号id 账号 小红书号 抖音号 编号 id'.split(
    ' ',
  );
const idPattern = /^[\p{L}\p{M}\p{N}_\-.@:]+$/u;
const invisible = /[\p{Cc}\p{Cf}]/u;

/**
 * Refuses with `targets_empty`, `targets_unreadable`, `targets_too_many` {max, count} or `targets_no_good_line`.
 * Takes a few hundred milliseconds for 100,000 lines; `targets-reader.ts` runs it beside the engine.
 */
export async function readTargets(source: TargetsSource): Promise<TargetsResult> {
  if (source.kind === 'text') return judge(textRows(source.text, null), null, 'utf-8');
  if (isZip(source.bytes)) {
    const rows = await readWorkbookRows(source.bytes);
    return rows === null ? refused('targets_unreadable') : judge(rows, source.fileName, 'xlsx');
  }
  const decoded = decode(source.bytes);
  if (decoded === null) return refused('targets_unreadable');
  return judge(textRows(decoded.text, source.fileName), source.fileName, decoded.encoding);
}

function refused(code: DeskProblem['code'], params: Record<string, string> = {}): TargetsResult {
  return { ok: false, problem: { code, params, field: 'targets' } };
}

// ── Text to rows ────────────────────────────────────────────────────────────────────────────────────────────

function textRows(raw: string, fileName: string | null): TargetsRow[] {
  const text = withPlainLineEnds(raw);
  const lines = text.split('\n');
  const delimiter = delimiterOf(lines, fileName);
  if (delimiter === null) return lines.map((line, index) => ({ line: index + 1, cells: [line] }));
  // An id that spans lines is how a quote shows that was left open and that a later one closed.
  return delimitedRows(text, delimiter, (records) => {
    const column = columnOf(records.map((cells) => ({ line: 0, cells })));
    return records.some((record) => record[column.index]?.includes('\n'));
  });
}

/** The table's delimiter; null for a plain list, one id a line. */
function delimiterOf(lines: readonly string[], fileName: string | null): string | null {
  const { delimiter, first } = likelyDelimiter(lines);
  if (fileName !== null && /\.[ct]sv$/i.test(fileName)) return delimiter;
  // Text copied out of a spreadsheet is a table too; a comma in a plain list is a fault to be told, not a column.
  const cells = first.split(delimiter);
  const isTable = cells.length > 1 && (delimiter === '\t' || headerColumn(cells) !== null);
  return isTable ? delimiter : null;
}

// ── Rows to targets ─────────────────────────────────────────────────────────────────────────────────────────

/** The place of the first column whose name means "the target"; null when no cell is such a name. */
function headerColumn(cells: readonly TargetsCell[]): number | null {
  const names = cells.map((cell) =>
    typeof cell === 'string'
      ? cell
          .trim()
          .toLowerCase()
          .replace(/[\s_-]/g, '')
      : '',
  );
  const name = headerNames.find((candidate) => names.includes(candidate));
  return name === undefined ? null : names.indexOf(name);
}

function columnOf(rows: readonly TargetsRow[]): {
  readonly index: number;
  readonly headerLine: number | null;
} {
  const first = rows.find((row) => !isBlank(row));
  const index = first === undefined || 'malformed' in first ? null : headerColumn(first.cells);
  return first === undefined || index === null
    ? { index: 0, headerLine: null }
    : { index, headerLine: first.line };
}

function isBlank(row: TargetsRow): boolean {
  if ('malformed' in row) return row.malformed.trim() === '';
  return row.cells.every((cell) => typeof cell === 'string' && cell.trim() === '');
}

/** What stands in the target's column. */
function cellOf(row: TargetsRow, column: number): TargetsCell {
  if ('malformed' in row) return row;
  const cell = row.cells[column] ?? '';
  return typeof cell === 'string' ? cell.trim() : cell;
}

function fault(id: string): Problem['reason'] | null {
  if (id === '') return 'empty_id';
  if (id.length > idCharactersMax) return 'too_long';
  if (invisible.test(id)) return 'control_characters';
  return idPattern.test(id) ? null : 'bad_characters';
}

function judge(rows: readonly TargetsRow[], fileName: string | null, encoding: Encoding): TargetsResult {
  const column = columnOf(rows);
  const firstLines = new Map<string, number>();
  const problems: Problem[] = [];
  let duplicates = 0;
  let bad = 0;
  for (const row of rows) {
    if (isBlank(row) || row.line === column.headerLine) continue;
    const cell = cellOf(row, column.index);
    const id = typeof cell === 'string' ? cell : cell.malformed;
    const reason = typeof cell === 'string' ? fault(cell) : 'malformed';
    const firstLine = reason === null ? firstLines.get(id) : undefined;
    if (reason === null && firstLine === undefined) {
      firstLines.set(id, row.line);
      continue;
    }
    if (reason === null) duplicates += 1;
    else bad += 1;
    if (problems.length === problemsMax) continue;
    const told = { line: row.line, text: shortened(id), reason: reason ?? ('duplicate' as const) };
    problems.push(firstLine === undefined ? told : { ...told, firstLine });
  }

  const good = firstLines.size;
  const lines = good + duplicates + bad;
  if (lines === 0) return refused('targets_empty');
  if (good === 0) return refused('targets_no_good_line', { lines: String(lines) });
  if (good > targetsMax) return refused('targets_too_many', { max: String(targetsMax), count: String(good) });
  return {
    ok: true,
    targets: [...firstLines.keys()],
    report: { fileName, encoding, lines, good, duplicates, bad, problems },
  };
}

/** Well-formed even where the cut falls inside a character: what crosses the bridge is always proper text. */
function shortened(text: string): string {
  return text.length <= problemTextMax ? text : `${text.slice(0, problemTextMax - 1).toWellFormed()}…`;
}
