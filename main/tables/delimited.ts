/**
 * Takes text with delimiters apart into rows that know their line. A quote that was left open must never cost more than
 * the line it stands in.
 */
import { parse } from 'csv-parse/sync';

/** One line: its cells, or its raw text where it can't be taken apart. Lines count from 1, as an editor shows them. */
export type DelimitedRow =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly malformed: string };

const delimiters = [',', ';', '\t'] as const;
const sampleLines = 10;

/** The delimiter that the first lines have most of, a comma where they have none; and the first of these lines. */
export function likelyDelimiter(lines: readonly string[]): {
  readonly delimiter: string;
  readonly first: string;
} {
  const sample = lines.filter((line) => line.trim() !== '').slice(0, sampleLines);
  const counted = delimiters.map((delimiter) => ({
    delimiter,
    count: sample.reduce((sum, line) => sum + line.split(delimiter).length - 1, 0),
  }));
  const [most] = counted.toSorted((a, b) => b.count - a.count);
  const delimiter = most === undefined || most.count === 0 ? ',' : most.delimiter;
  return { delimiter, first: sample[0] ?? '' };
}

/** Line ends as one character, so that lines are those that an editor counts. */
export function withPlainLineEnds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/**
 * The rows of a text whose line ends are plain. Where a quote is left open, or the records show by `isBroken` that one was
 * and a later one closed it, each line is read by itself, so that only the damaged ones are lost.
 */
export function delimitedRows(
  text: string,
  delimiter: string,
  isBroken: (records: readonly (readonly string[])[]) => boolean,
): DelimitedRow[] {
  return (
    tableRows(text, delimiter, isBroken) ??
    text.split('\n').map((line, index) => lineRow(line, index + 1, delimiter))
  );
}

function csv(text: string, delimiter: string): { record: string[]; info: { lines: number } }[] {
  return parse(text, {
    delimiter,
    record_delimiter: '\n',
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  }) as unknown as { record: string[]; info: { lines: number } }[];
}

function tableRows(
  text: string,
  delimiter: string,
  isBroken: (records: readonly (readonly string[])[]) => boolean,
): DelimitedRow[] | null {
  let records;
  try {
    records = csv(text, delimiter);
  } catch {
    return null; // A quote was left open.
  }
  if (isBroken(records.map(({ record }) => record))) return null;
  return records.map(({ record, info }) => {
    const breaks = record.reduce(
      (sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0),
      0,
    );
    return { line: info.lines - breaks, cells: record };
  });
}

function lineRow(text: string, line: number, delimiter: string): DelimitedRow {
  if (!text.includes('"')) return { line, cells: text.split(delimiter) };
  try {
    return { line, cells: csv(text, delimiter)[0]?.record ?? [] };
  } catch {
    return { line, malformed: text };
  }
}
