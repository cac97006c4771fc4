/** Versions of a document that the server publishes whole, as the section of such documents shows them. */
import { useMemo } from 'react';
import type { DeskProblem } from '../../../../../shared/ipc-words.ts';
import { usePages } from '../../../../state/pages.ts';
import type { Version } from './DocumentSection.tsx';

const everything = {};
const keyOf = ({ version }: { readonly version: number }): number => version;

interface Published {
  /** Newest first; null until the first of them is there. */
  readonly versions: readonly Version[] | null;
  readonly problem: DeskProblem | null;
  readonly onReadAgain: () => void;
}

export function usePublished(endpoint: 'catalogueVersions' | 'meteringCatalogueVersions'): Published {
  const { rows, ended, problem, refresh } = usePages(endpoint, everything, keyOf);
  const versions = useMemo(
    () =>
      rows.length === 0 && !ended
        ? null
        : rows.map(({ version, publishedAt, ...content }) => ({ version, at: publishedAt, content })),
    [rows, ended],
  );
  return { versions, problem, onReadAgain: refresh };
}
