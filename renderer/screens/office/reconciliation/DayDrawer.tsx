/** One day: what each side counts and adds up to, beside each other, and what may be done with it. */
import { useState } from 'react';
import { Button, makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ReconciliationDay } from '../../../../shared/api-reconciliation.ts';
import { yuan } from '../../../../shared/money.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useDoing } from '../../../state/ask.ts';
import { useMay } from '../parts/useMay.ts';
import { DayBadge } from './DayBadge.tsx';
import type { DifferenceFilter } from './difference-filter.ts';

const useStyles = makeStyles({
  sums: {
    width: '100%',
    borderCollapse: 'collapse',
    fontVariantNumeric: 'tabular-nums',
    '& th, & td': {
      textAlign: 'right',
      padding: '6px 0 6px 12px',
      borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
      fontWeight: tokens.fontWeightRegular,
      whiteSpace: 'nowrap',
    },
    '& th': { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
    '& th:first-child': { textAlign: 'left', paddingLeft: 0 },
  },
});

interface Props {
  readonly day: ReconciliationDay | null;
  readonly onChanged: () => void;
  readonly onShow: (filter: DifferenceFilter) => void;
  readonly onClose: () => void;
}

export function DayDrawer({ day, onChanged, onShow, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const mayRun = useMay('runReconciliation');
  const run = useDoing('runReconciliation');
  const [asking, setAsking] = useState(false);
  const confirm = async (of: ReconciliationDay): Promise<void> => {
    const told = await run.run({ body: { source: of.source, day: of.day } });
    if (told?.ok !== true) return;
    setAsking(false);
    onChanged();
  };
  const stop = (): void => {
    run.clear();
    setAsking(false);
  };
  return (
    <DetailDrawer
      shown={day}
      wide
      title={(of) => t('office.reconciliation.dayTitle', { day: format.dayFigures(of.day) })}
      actions={
        day !== null && (
          <>
            {total(day) > 0 && (
              <Button appearance="primary" onClick={() => onShow({ day: day.day, source: day.source })}>
                {t('office.reconciliation.showDifferences')}
              </Button>
            )}
            {mayRun && day.state !== 'running' && (
              <Button onClick={() => setAsking(true)}>{t('office.reconciliation.runAgain')}</Button>
            )}
          </>
        )
      }
      asking={
        day !== null &&
        asking && (
          <AskDialog
            open
            title={t('office.reconciliation.runTitle', { day: format.dayFigures(day.day) })}
            confirm={t('office.reconciliation.runAgain')}
            cancel={t('common.cancel')}
            busy={run.busy}
            problem={run.problem}
            onConfirm={() => void confirm(day)}
            onClose={stop}
          >
            <Text>{t('office.reconciliation.runMeans')}</Text>
          </AskDialog>
        )
      }
      onClose={onClose}
    >
      {(of) => <Detail day={of} />}
    </DetailDrawer>
  );
}

function total({ differences: { open, proposed, settled, explained } }: ReconciliationDay): number {
  return open + proposed + settled + explained;
}

function Detail({ day }: { readonly day: ReconciliationDay }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { differences, endedAt, beginsAt, problem, verified } = day;
  return (
    <>
      {problem !== undefined && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{t(`office.reconciliation.problem.${problem}`)}</MessageBarBody>
        </MessageBar>
      )}
      <Facts
        facts={[
          {
            name: t('office.reconciliation.source.label'),
            value: t(`office.reconciliation.source.${day.source}`),
          },
          { name: t('column.state'), value: <DayBadge day={day} /> },
          ...(endedAt === undefined
            ? []
            : [{ name: t('office.reconciliation.endedAt'), value: format.dateTime(endedAt) }]),
          ...(beginsAt === undefined
            ? []
            : [{ name: t('office.reconciliation.beginsAt'), value: format.dateTime(beginsAt) }]),
          ...(verified === undefined
            ? []
            : [
                {
                  name: t('office.reconciliation.verified'),
                  value: t('office.reconciliation.verifiedCount', {
                    accounts: format.count(verified.accounts),
                    rows: format.count(verified.transactions),
                  }),
                },
              ]),
          ...(['open', 'proposed', 'settled', 'explained'] as const).map((state) => ({
            name: t(`office.reconciliation.state.${state}`),
            value: format.count(differences[state]),
          })),
        ]}
      />
      {day.sums !== undefined && <Sums sums={day.sums} />}
    </>
  );
}

function Sums({ sums }: { readonly sums: NonNullable<ReconciliationDay['sums']> }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const line = (name: string, count: number, amount: string) => (
    <tr>
      <th scope="row">{name}</th>
      <td>{format.count(count)}</td>
      <td>
        <Amount value={amount} />
      </td>
    </tr>
  );
  return (
    <table className={styles.sums} aria-label={t('office.reconciliation.sides')}>
      <thead>
        <tr>
          <th scope="col">{t('office.reconciliation.side')}</th>
          <th scope="col">{t('office.reconciliation.count')}</th>
          <th scope="col">{t('column.amount')}</th>
        </tr>
      </thead>
      <tbody>
        {line(t('office.reconciliation.billPaid'), sums.payments.count, sums.payments.amount)}
        {line(t('office.reconciliation.orders'), sums.orders.count, sums.orders.amount)}
        {line(t('office.reconciliation.ledgerPaid'), sums.recharges.count, sums.recharges.amount)}
        {line(t('office.reconciliation.billRefunded'), sums.refunds.count, sums.refunds.amount)}
        {line(t('office.reconciliation.refundsHere'), sums.refundsHere.count, sums.refundsHere.amount)}
        {sums.coupons !== undefined && yuan(sums.coupons) !== 0n && (
          <tr>
            <th scope="row">{t('office.reconciliation.coupons')}</th>
            <td />
            <td>
              <Amount value={sums.coupons} />
            </td>
          </tr>
        )}
        <tr>
          <th scope="row">{t('office.reconciliation.fees')}</th>
          <td />
          <td>
            <Amount value={sums.fees} />
          </td>
        </tr>
        <tr>
          <th scope="row">{t('office.reconciliation.fundsMoved')}</th>
          <td />
          <td>
            {sums.hasFunds ? (
              <>
                <Amount value={sums.fundsIn} /> / <Amount value={sums.fundsOut} />
              </>
            ) : (
              t('office.reconciliation.noFunds')
            )}
          </td>
        </tr>
      </tbody>
    </table>
  );
}
