/**
 * A list of the server's, as every section of the back office shows one: dense rows that are read as they are scrolled
 * to, and instead of them what would be here, why it cannot be read, or that it is being read.
 */
import type { ReactNode } from 'react';
import { Button, makeStyles } from '@fluentui/react-components';
import { TableSimple24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { NotOffline } from '../../../parts/Answered.tsx';
import { EmptyState } from '../../../parts/EmptyState.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { VirtualTable, type Column } from '../../../parts/VirtualTable.tsx';
import type { Pages } from '../../../state/pages.ts';

const useStyles = makeStyles({
  table: { display: 'flex', flexDirection: 'column', gap: '10px', flex: '1 1 0', minHeight: '160px' },
});

export interface OfficeTableProps<T> {
  readonly label: string;
  readonly pages: Pages<T>;
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string | number;
  readonly openLabel?: (row: T) => string;
  readonly onOpen?: (row: T) => void;
  /** What the list has when there is something; and where a filter stands, what to do about that. */
  readonly none: { readonly title: string; readonly text?: string; readonly icon?: ReactNode };
  /** Takes the filter away; absent while none stands. */
  readonly onClear?: (() => void) | undefined;
}

export function OfficeTable<T>(props: OfficeTableProps<T>) {
  const { label, pages, columns, keyOf, openLabel, onOpen, none, onClear } = props;
  const { t } = useTranslation();
  const styles = useStyles();
  const { rows, ended, loading, problem, more, retry } = pages;
  if (rows.length === 0 && problem?.code === 'server_unreachable') return <NotOffline onRetry={retry} />;
  return (
    <div className={styles.table}>
      {problem !== null && <RetryMessage problem={problem} onRetry={retry} />}
      <VirtualTable
        label={label}
        columns={columns}
        rows={rows}
        keyOf={keyOf}
        loading={loading}
        ended={ended}
        onMore={more}
        {...(openLabel === undefined ? {} : { openLabel })}
        {...(onOpen === undefined ? {} : { onOpen })}
        empty={
          <EmptyState
            icon={none.icon ?? <TableSimple24Regular />}
            title={onClear === undefined ? none.title : t('history.noMatch')}
            {...(onClear !== undefined ? {} : none.text === undefined ? {} : { text: none.text })}
            action={onClear !== undefined && <Button onClick={onClear}>{t('history.clear')}</Button>}
          />
        }
      />
    </div>
  );
}
