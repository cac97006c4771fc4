/**
 * A value of any shape as lines that a person reads: a path and what stands there; and two values as the lines in which
 * they differ. It knows no shape and shows no more than `linesMax` lines.
 */

export interface JsonLine {
  readonly path: string;
  /** Null: nothing stands there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** The most lines that are worth reading one by one. */
export const linesMax = 200;

/** What stands in a value, line by line. */
export function jsonLines(value: unknown): JsonLine[] {
  return [...leaves(value)].slice(0, linesMax).map(([path, after]) => ({ path, before: null, after }));
}

/** The lines in which two values differ, in the order of the later one. */
export function jsonDifferences(before: unknown, after: unknown): JsonLine[] {
  const [was, is] = [leaves(before), leaves(after)];
  const paths = [...new Set([...is.keys(), ...was.keys()])];
  return paths
    .map((path) => ({ path, before: was.get(path) ?? null, after: is.get(path) ?? null }))
    .filter((line) => line.before !== line.after)
    .slice(0, linesMax);
}

function leaves(value: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (part: unknown, path: string): void => {
    if (part === undefined || part === null) return;
    if (typeof part !== 'object') {
      found.set(path, typeof part === 'string' ? part : JSON.stringify(part));
      return;
    }
    const entries = Array.isArray(part)
      ? part.map((item, index) => [nameOf(item, index), item])
      : Object.entries(part);
    for (const [name, item] of entries) walk(item, path === '' ? String(name) : `${path}.${String(name)}`);
  };
  walk(value, '');
  return found;
}

/** An item of a list goes by what it is called, so that one that moved up or down is not one that changed. */
function nameOf(item: unknown, index: number): string {
  if (typeof item !== 'object' || item === null) return String(index + 1);
  const { id, platform, operation, level } = item as Readonly<Record<string, unknown>>;
  if (typeof id === 'string') return id;
  if (typeof platform === 'string' && typeof operation === 'string') return `${platform} ${operation}`;
  return typeof level === 'string' ? level : String(index + 1);
}
