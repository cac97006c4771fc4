/** The views that the person keeps of the history: shows one, keeps the present filter as one, and leads to their list. */
import { useEffect, useState } from 'react';
import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { BookmarkAdd20Regular, BookmarkMultiple16Regular, Edit20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { HistoryView } from '../../../shared/ipc-history.ts';
import { dayOf } from '../../format.ts';
import { useNow, useTimeZone } from '../../parts/useFormat.ts';
import { showHistory, useHistory } from '../../state/history.ts';
import { readViews, useViews } from '../../state/views.ts';
import { KeepViewDialog } from './KeepViewDialog.tsx';
import { ManageViewsDialog } from './ManageViewsDialog.tsx';
import { daysOf } from './ranges.ts';

export function ViewsMenu() {
  const { t } = useTranslation();
  const views = useViews();
  const isFiltered = useHistory(({ filter }) => Object.keys(filter).length > 0);
  const today = dayOf(useNow(), useTimeZone());
  const [open, setOpen] = useState<'keep' | 'manage' | null>(null);
  useEffect(() => void readViews(), []);

  const show = ({ filter, range }: HistoryView): void => {
    setOpen(null);
    void showHistory({ ...filter, ...(range === null ? {} : daysOf(range, today)) });
  };

  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<BookmarkMultiple16Regular />}>{t('views.title')}</Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {views?.map((view) => (
              <MenuItem key={view.id} onClick={() => show(view)}>
                {view.name}
              </MenuItem>
            ))}
            {views !== null && views.length > 0 && <MenuDivider />}
            <MenuItem
              icon={<BookmarkAdd20Regular />}
              disabled={!isFiltered || views === null}
              onClick={() => setOpen('keep')}
            >
              {t('views.keep')}
            </MenuItem>
            <MenuItem
              icon={<Edit20Regular />}
              disabled={views === null || views.length === 0}
              onClick={() => setOpen('manage')}
            >
              {t('views.manage')}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      {open === 'keep' && <KeepViewDialog today={today} onClose={() => setOpen(null)} />}
      {open === 'manage' && <ManageViewsDialog onShow={show} onClose={() => setOpen(null)} />}
    </>
  );
}
