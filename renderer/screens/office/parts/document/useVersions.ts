/** Versions of a document that the server publishes whole, as the section of such documents shows them. */
import { useMemo } from 'react';

interface Published {
  readonly version: number;
  readonly publishedAt: string;
}

/** Null until the first of them is there. */
export function useVersions<T extends Published>(rows: readonly T[], ended: boolean) {
  return useMemo(
    () =>
      rows.length === 0 && !ended
        ? null
        : rows.map(({ version, publishedAt, ...content }) => ({ version, at: publishedAt, content })),
    [rows, ended],
  );
}
