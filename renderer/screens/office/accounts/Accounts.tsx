/** Accounts: finding one by name or address, what it has, freezing it and its member level. */
import { useState } from 'react';
import { makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { AccountRow } from '../../../../shared/api-office.ts';
import { Role } from '../../../../shared/api-words.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { Page } from '../../../parts/Page.tsx';
import { SearchField } from '../../../parts/SearchField.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { ChoiceFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { AccountDrawer } from './AccountDrawer.tsx';
import { StandingBadge } from './StandingBadge.tsx';

const useStyles = makeStyles({
  text: { flex: '1 1 180px', minWidth: '160px', maxWidth: '280px' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Filter {
  readonly text?: string;
  readonly role?: Role;
  readonly frozen?: 'true' | 'false';
}

const nothing: Filter = {};
const keyOf = ({ id }: AccountRow): string => id;
const standings = ['false', 'true'] as const;

export function Accounts() {
  const { t } = useTranslation();
  const styles = useStyles();
  const { filter, change, onClear } = useNarrowing<Filter>('accounts.filter', nothing);
  const pages = usePages('accounts', filter, keyOf);
  const [open, setOpen] = useState<string | null>(null);
  const columns = useColumns();
  return (
    <Page title={t('office.accounts.title')} fill>
      <OfficeList
        label={t('office.accounts.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ name }) => t('office.accounts.open', { name })}
        onOpen={({ id }) => setOpen(id)}
        none={{ title: t('office.accounts.none') }}
        onClear={onClear}
      >
        <SearchField
          className={styles.text}
          label={t('office.accounts.search')}
          text={filter.text ?? ''}
          onText={(text) => change({ text })}
        />
        <ChoiceFilter
          label={t('office.accounts.role')}
          all={t('office.accounts.anyRole')}
          options={Role.options}
          nameOf={(role) => t(`role.${role}`)}
          chosen={filter.role}
          onChoose={(role) => change({ role })}
        />
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.accounts.anyState')}
          options={standings}
          nameOf={(frozen) => t(frozen === 'true' ? 'office.accounts.frozen' : 'office.accounts.inUse')}
          chosen={filter.frozen}
          onChoose={(frozen) => change({ frozen })}
        />
      </OfficeList>
      <AccountDrawer id={open} onChanged={pages.refresh} onClose={() => setOpen(null)} />
    </Page>
  );
}

function useColumns(): readonly Column<AccountRow>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    { key: 'name', header: t('column.name'), width: 'minmax(120px, 1.5fr)', cell: ({ name }) => name },
    {
      key: 'email',
      header: t('office.accounts.email'),
      width: 'minmax(150px, 1.3fr)',
      cell: ({ email }) => (
        <span className={styles.quiet} title={email}>
          {email}
        </span>
      ),
    },
    { key: 'role', header: t('office.accounts.role'), width: '84px', cell: ({ role }) => t(`role.${role}`) },
    {
      key: 'level',
      header: t('office.accounts.level'),
      width: '124px',
      fromTablePx: 760,
      cell: ({ memberLevel }) => t(`member.${memberLevel}`),
    },
    {
      key: 'balance',
      header: t('column.balance'),
      width: '116px',
      end: true,
      amountOf: ({ balance }) => balance,
      cell: ({ balance }) => <Amount value={balance} />,
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '72px',
      cell: (account) => <StandingBadge account={account} />,
    },
    {
      key: 'created',
      header: t('column.created'),
      width: '92px',
      fromTablePx: 940,
      cell: ({ createdAt }) => <span className={styles.quiet}>{format.date(createdAt)}</span>,
    },
  ];
}
