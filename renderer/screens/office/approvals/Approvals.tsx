/** What waits for a second person, and what became of what has waited. Who asked never decides; an auditor only looks. */
import { useState } from 'react';
import { makeStyles, tokens } from '@fluentui/react-components';
import { CheckmarkCircle24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { ApprovalAct, ApprovalState, type Approval } from '../../../../shared/api-approvals.ts';
import { Page } from '../../../parts/Page.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import { AssetAmount, useAssetName } from '../parts/AssetAmount.tsx';
import { ChoiceFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { ApprovalDrawer } from './ApprovalDrawer.tsx';
import { StateBadge } from './StateBadge.tsx';

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground3 } });

interface Filter {
  readonly state?: ApprovalState;
  readonly act?: ApprovalAct;
}

/** What somebody came to decide on. */
const waiting: Filter = { state: 'waiting' };
/** Two accounts may each have a correction of one id. */
const keyOf = ({ act, aboutId = '', id }: Approval): string => `${act} ${aboutId} ${id}`;

export function Approvals() {
  const { t } = useTranslation();
  const { filter, change, onClear } = useNarrowing<Filter>('approvals.filter', waiting);
  const pages = usePages('approvals', filter, keyOf);
  const [open, setOpen] = useState<string | null>(null);
  const columns = useColumns();
  return (
    <Page title={t('office.approvals.title')} fill>
      <OfficeList
        label={t('office.approvals.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ act, askedByName }) =>
          t('office.approvals.open', { what: t(`office.approvals.act.${act}`), who: askedByName })
        }
        onOpen={({ id }) => setOpen(id)}
        none={{
          title: t('office.approvals.none'),
          text: t('office.approvals.noneMeans'),
          icon: <CheckmarkCircle24Regular />,
        }}
        onClear={onClear}
      >
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.approvals.anyState')}
          options={ApprovalState.options}
          nameOf={(state) => t(`office.approvals.state.${state}`)}
          chosen={filter.state}
          onChoose={(state) => change({ state })}
        />
        <ChoiceFilter
          label={t('office.approvals.what')}
          all={t('office.approvals.anything')}
          options={ApprovalAct.options}
          nameOf={(act) => t(`office.approvals.act.${act}`)}
          chosen={filter.act}
          onChoose={(act) => change({ act })}
        />
      </OfficeList>
      <ApprovalDrawer id={open} onChanged={pages.refresh} onClose={() => setOpen(null)} />
    </Page>
  );
}

function useColumns(): readonly Column<Approval>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const assetName = useAssetName();
  return [
    {
      key: 'asked',
      header: t('office.approvals.askedAt'),
      width: '92px',
      cell: ({ askedAt }) => format.dayTime(askedAt),
    },
    {
      key: 'act',
      header: t('office.approvals.what'),
      width: 'minmax(104px, 1.1fr)',
      cell: ({ act }) => t(`office.approvals.act.${act}`),
    },
    {
      key: 'about',
      header: t('office.approvals.about'),
      width: 'minmax(88px, 1.2fr)',
      // What a provider takes is about no account.
      cell: ({ act, aboutName }) =>
        aboutName ?? (
          <span className={styles.quiet}>
            {act === 'acceptCosts' ? '–' : t('office.approvals.everybody')}
          </span>
        ),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      // With the longest name of an asset; each row is laid out by itself, so that nothing may grow by what is in it.
      width: '176px',
      end: true,
      // Of units their name stands beside them, for which the column has room.
      amountOf: ({ asset, amount }) => (asset === 'CNY' ? amount : undefined),
      cell: ({ asset, amount }) =>
        asset === undefined || amount === undefined ? (
          '–'
        ) : (
          <>
            <AssetAmount signed asset={asset} amount={amount} />
            {asset !== 'CNY' && <span className={styles.quiet}>{` ${assetName(asset)}`}</span>}
          </>
        ),
    },
    {
      key: 'who',
      header: t('office.approvals.askedBy'),
      width: '76px',
      fromTablePx: 740,
      cell: ({ askedByName }) => askedByName,
    },
    {
      key: 'reason',
      header: t('column.reason'),
      width: 'minmax(72px, 1.2fr)',
      fromTablePx: 960,
      cell: ({ reason }) => <span className={styles.quiet}>{reason ?? ''}</span>,
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '76px',
      cell: ({ state }) => <StateBadge state={state} />,
    },
  ];
}
