/**
 * A long list of the server's among other cards: rows of its own height that are read as they are scrolled to, or why there
 * are none. It asks nothing itself.
 */
import type { ReactNode } from 'react';
import { makeStyles } from '@fluentui/react-components';
import { NotOffline } from '../../parts/Answered.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { VirtualTable, type Column } from '../../parts/VirtualTable.tsx';
import type { Pages } from '../../state/pages.ts';

const useStyles = makeStyles({
  table: { display: 'flex', flexDirection: 'column', height: 'clamp(260px, 46vh, 560px)', minHeight: 0 },
});

interface Props<T> {
  readonly label: string;
  readonly pages: Pages<T>;
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly openLabel?: (row: T) => string;
  readonly onOpen?: (row: T) => void;
  readonly empty: ReactNode;
}

export function PagesTable<T>({ pages, ...table }: Props<T>) {
  const styles = useStyles();
  const { rows, ended, loading, problem, more, retry } = pages;
  if (rows.length === 0 && problem?.code === 'server_unreachable') return <NotOffline onRetry={retry} />;
  return (
    <>
      {problem !== null && <RetryMessage problem={problem} onRetry={retry} />}
      <div className={styles.table}>
        <VirtualTable {...table} rows={rows} loading={loading} ended={ended} onMore={more} />
      </div>
    </>
  );
}
