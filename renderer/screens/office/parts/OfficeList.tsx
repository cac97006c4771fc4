/** A list of the server's beneath what narrows it: the form of most sections of the back office. It keeps no filter itself. */
import type { ReactNode } from 'react';
import { FilterBar } from './FilterBar.tsx';
import { OfficeTable, type OfficeTableProps } from './OfficeTable.tsx';

interface Props<T> extends OfficeTableProps<T> {
  /** Filters, each of one thing; a button may stand after them. */
  readonly children: ReactNode;
}

export function OfficeList<T>({ children, ...table }: Props<T>) {
  return (
    <>
      <FilterBar onClear={table.onClear} onRefresh={table.pages.refresh}>
        {children}
      </FilterBar>
      <OfficeTable {...table} />
    </>
  );
}
