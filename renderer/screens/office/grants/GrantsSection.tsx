/** Units that came in, of all accounts, from where and until when; giving an account some, and taking some back. */
import { useState } from 'react';
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { Add16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { GrantRow } from '../../../../shared/api-office.ts';
import { GrantSource } from '../../../../shared/api.ts';
import { Page } from '../../../parts/Page.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { AssetAmount, useAssetName } from '../parts/AssetAmount.tsx';
import { AccountFilter, ChoiceFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import type { Outcome } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { UnitsDialog } from './UnitsDialog.tsx';

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground3 } });

interface Filter {
  readonly source?: GrantSource;
  readonly account?: ChosenAccount;
}
const nothing: Filter = {};
const keyOf = ({ accountId, id }: GrantRow): string => `${accountId} ${id}`;

export function GrantsSection() {
  const { t } = useTranslation();
  const { filter, change, onClear } = useNarrowing<Filter>('grants.filter', nothing);
  const { account, ...rest } = filter;
  const pages = usePages(
    'grants',
    { ...rest, ...(account === undefined ? {} : { accountId: account.id }) },
    keyOf,
  );
  const columns = useColumns();
  const [doing, setDoing] = useState<'give' | 'take' | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const mayGive = useMay('grant');
  const mayTake = useMay('adjust');
  return (
    <Page
      title={t('office.grants.title')}
      fill
      actions={
        <>
          {mayTake && <Button onClick={() => setDoing('take')}>{t('office.grants.take')}</Button>}
          {mayGive && (
            <Button appearance="primary" icon={<Add16Regular />} onClick={() => setDoing('give')}>
              {t('office.grants.give')}
            </Button>
          )}
        </>
      }
    >
      {outcome !== null && (
        <OutcomeBar outcome={outcome} done={t('office.grants.done')} onDismiss={() => setOutcome(null)} />
      )}
      <OfficeList
        label={t('office.grants.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        none={{ title: t('office.grants.none'), text: t('office.grants.noneText') }}
        onClear={onClear}
      >
        <AccountFilter
          label={t('office.accounts.one')}
          chosen={account}
          onChoose={(chosen) => change({ account: chosen })}
        />
        <ChoiceFilter
          label={t('office.grants.source')}
          all={t('office.grants.anySource')}
          options={GrantSource.options}
          nameOf={(one) => t(`office.grants.from.${one}`)}
          chosen={filter.source}
          onChoose={(source) => change({ source })}
        />
      </OfficeList>
      {doing !== null && (
        <UnitsDialog
          key={doing}
          what={doing}
          onDone={(came) => {
            setDoing(null);
            setOutcome(came);
            pages.refresh();
          }}
          onClose={() => setDoing(null)}
        />
      )}
    </Page>
  );
}

function useColumns(): readonly Column<GrantRow>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const assetName = useAssetName();
  return [
    {
      key: 'time',
      header: t('office.grants.grantedAt'),
      width: '150px',
      cell: ({ grantedAt }) => <span className={styles.quiet}>{format.dateTime(grantedAt)}</span>,
    },
    {
      key: 'account',
      header: t('office.accounts.one'),
      width: 'minmax(100px, 2fr)',
      cell: ({ accountName }) => accountName,
    },
    {
      key: 'asset',
      header: t('office.catalogue.asset'),
      width: 'minmax(84px, 1fr)',
      cell: ({ asset }) => assetName(asset),
    },
    {
      key: 'amount',
      header: t('office.catalogue.amount'),
      width: '96px',
      end: true,
      amountOf: ({ amount }) => amount,
      cell: ({ asset, amount }) => <AssetAmount asset={asset} amount={amount} />,
    },
    {
      key: 'left',
      header: t('office.grants.left'),
      width: '96px',
      end: true,
      amountOf: ({ remaining }) => remaining,
      cell: ({ asset, remaining }) => <AssetAmount asset={asset} amount={remaining} />,
    },
    {
      key: 'source',
      header: t('office.grants.source'),
      width: '104px',
      fromTablePx: 820,
      cell: ({ source }) => t(`office.grants.from.${source}`, { defaultValue: source }),
    },
    {
      key: 'expires',
      header: t('office.grants.expiresAt'),
      width: '92px',
      fromTablePx: 720,
      cell: ({ expiresAt }) => (expiresAt === undefined ? t('office.grants.never') : format.date(expiresAt)),
    },
  ];
}
