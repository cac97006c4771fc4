/** Memberships of all accounts: which plan, how it stands, until when it is paid. It changes nothing. */
import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { MemberRow } from '../../../../shared/api-office.ts';
import { Membership } from '../../../../shared/api-selling.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { Page } from '../../../parts/Page.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { AccountFilter, ChoiceFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useNarrowing } from '../parts/useNarrowing.ts';

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground3 } });

interface Filter {
  readonly state?: Membership['state'];
  readonly account?: ChosenAccount;
}
const nothing: Filter = {};
const keyOf = ({ accountId, membership }: MemberRow): string => `${accountId} ${membership.id}`;
const colours = { active: 'success', grace: 'warning', ended: 'informative' } as const;

export function MembersSection() {
  const { t } = useTranslation();
  const { filter, change, onClear } = useNarrowing<Filter>('members.filter', nothing);
  const { account, ...rest } = filter;
  const pages = usePages(
    'members',
    { ...rest, ...(account === undefined ? {} : { accountId: account.id }) },
    keyOf,
  );
  const columns = useColumns();
  return (
    <Page title={t('office.members.title')} fill>
      <OfficeList
        label={t('office.members.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        none={{ title: t('office.members.none'), text: t('office.members.noneText') }}
        onClear={onClear}
      >
        <AccountFilter
          label={t('office.accounts.one')}
          chosen={account}
          onChoose={(chosen) => change({ account: chosen })}
        />
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.accounts.anyState')}
          options={Membership.shape.state.options}
          nameOf={(one) => t(`office.members.state.${one}`)}
          chosen={filter.state}
          onChoose={(state) => change({ state })}
        />
      </OfficeList>
    </Page>
  );
}

function useColumns(): readonly Column<MemberRow>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    {
      key: 'account',
      header: t('office.accounts.one'),
      width: 'minmax(110px, 2fr)',
      cell: ({ accountName }) => accountName,
    },
    {
      key: 'plan',
      header: t('office.members.plan'),
      width: 'minmax(90px, 1fr)',
      cell: ({ membership }) => format.name(membership.plan.name),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '88px',
      cell: ({ membership: { state } }) => (
        <Badge appearance="tint" color={colours[state]}>
          {t(`office.members.state.${state}`)}
        </Badge>
      ),
    },
    {
      key: 'price',
      header: t('office.members.price'),
      width: '88px',
      end: true,
      amountOf: ({ membership }) => membership.plan.price,
      cell: ({ membership }) => <Amount value={membership.plan.price} />,
    },
    {
      key: 'months',
      header: t('office.members.months'),
      width: '72px',
      end: true,
      fromTablePx: 700,
      cell: ({ months }) => format.count(months),
    },
    {
      key: 'since',
      header: t('office.members.since'),
      width: '92px',
      fromTablePx: 760,
      cell: ({ membership }) => <span className={styles.quiet}>{format.date(membership.beginsAt)}</span>,
    },
    {
      key: 'until',
      header: t('office.members.until'),
      width: '150px',
      cell: ({ membership }) => format.dateTime(membership.endsAt),
    },
  ];
}
