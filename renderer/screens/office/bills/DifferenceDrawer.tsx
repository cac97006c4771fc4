/** One difference: both sides beside each other, the lines and the usage that they come of, and what is made of it. */
import { useState } from 'react';
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { CostDifference, CostEvidence } from '../../../../shared/api-bills.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';
import { goToSection } from '../../../state/office.ts';
import { useProductName } from '../parts/names.ts';
import { useMay } from '../parts/useMay.ts';
import { useProviders } from '../parts/useProviders.ts';
import { DecideDialog, type Decision } from './DecideDialog.tsx';
import { Gap } from '../parts/Gap.tsx';

const useStyles = makeStyles({
  amount: { fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold },
  // A table that scrolls sideways would else give its height away in a low window.
  part: { display: 'flex', flexDirection: 'column', gap: '6px', flexShrink: 0 },
});

interface Props {
  readonly difference: CostDifference | null;
  readonly onDecided: (how: Decision) => void;
  readonly onClose: () => void;
}

export function DifferenceDrawer({ difference, onDecided, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [asking, setAsking] = useState<Decision | null>(null);
  const mayDecide = useMay('acceptCosts');
  const undecided = difference?.state === 'open' || difference?.state === 'disputed';
  return (
    <DetailDrawer
      shown={difference}
      wide
      title={({ item, day }) => t('office.bills.itemOfDay', { item, day: format.dayFigures(day) })}
      actions={
        difference !== null && (
          <>
            {mayDecide && undecided && (
              <Button appearance="primary" onClick={() => setAsking('accept')}>
                {t('office.bills.ask.accept')}
              </Button>
            )}
            {mayDecide && difference.state === 'open' && (
              <Button onClick={() => setAsking('dispute')}>{t('office.bills.ask.dispute')}</Button>
            )}
            {difference.state === 'proposed' && (
              <Button onClick={() => goToSection('approvals')}>{t('office.bills.toApprovals')}</Button>
            )}
          </>
        )
      }
      asking={
        difference !== null &&
        asking !== null && (
          <DecideDialog
            of={[difference]}
            how={asking}
            onDone={(how) => {
              setAsking(null);
              onDecided(how);
            }}
            onClose={() => setAsking(null)}
          />
        )
      }
      onClose={onClose}
    >
      {(of) => <Detail difference={of} />}
    </DetailDrawer>
  );
}

function Detail({ difference }: { readonly difference: CostDifference }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { nameOf } = useProviders();
  const { provider, day, item, state, gap, decision } = difference;
  const { body, problem, readAgain } = useAnswer('costEvidence', { query: { provider, day, item } });
  return (
    <>
      <Text>{t(`office.bills.classMeans.${difference.class}`)}</Text>
      <Facts
        facts={[
          {
            name: t('office.bills.gap'),
            value: <Gap value={gap} className={styles.amount} />,
          },
          { name: t('column.state'), value: t(`office.bills.state.${state}`) },
          { name: t('office.bills.provider'), value: nameOf(provider) },
          ...(decision === undefined
            ? []
            : [
                {
                  name: t(`office.bills.decided.${decision.kind}`),
                  value: t('office.bills.byAt', {
                    who: decision.byName,
                    at: format.dateTime(decision.at),
                  }),
                },
                { name: t('office.frame.reason'), value: decision.reason },
              ]),
        ]}
      />
      <div className={styles.part}>
        <Sides difference={difference} />
      </div>
      {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
      {body !== null && <Evidence evidence={body} />}
    </>
  );
}

interface Line {
  readonly name: string;
  readonly theirs: React.ReactNode;
  readonly ours: React.ReactNode;
}

function Sides({ difference: { theirs, ours } }: { readonly difference: CostDifference }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lines: Line[] = [
    {
      name: t('column.amount'),
      theirs: theirs.lines === 0 ? t('office.bills.absent') : <Amount value={theirs.amount} />,
      ours: <Amount value={ours.amount} />,
    },
    { name: t('office.bills.workedOut'), theirs: '–', ours: <Amount value={ours.workedOut} /> },
    { name: t('office.bills.corrected'), theirs: '–', ours: <Amount value={ours.corrected} /> },
    {
      name: t('office.bills.quantity'),
      theirs: theirs.quantity === undefined ? '–' : format.units(theirs.quantity),
      ours: format.units(ours.quantity),
    },
    {
      name: t('office.bills.count'),
      theirs: t('office.bills.linesCount', { count: theirs.lines, lines: format.count(theirs.lines) }),
      ours: t('office.bills.usesCount', { count: ours.count, uses: format.count(ours.count) }),
    },
  ];
  return (
    <PlainTable
      label={t('office.bills.sides')}
      rows={lines}
      keyOf={({ name }) => name}
      columns={[
        { key: 'name', header: t('office.bills.side'), quiet: true, cell: ({ name }) => name },
        { key: 'theirs', header: t('office.bills.theirs'), end: true, cell: (line) => line.theirs },
        { key: 'ours', header: t('office.bills.ours'), end: true, cell: (line) => line.ours },
      ]}
    />
  );
}

function Evidence({ evidence: { theirs, ours } }: { readonly evidence: CostEvidence }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const theirColumns = useTheirColumns();
  const ourColumns = useOurColumns();
  return (
    <>
      {theirs.length > 0 && (
        <div className={styles.part}>
          <Text weight="semibold">{t('office.bills.theirLines')}</Text>
          <PlainTable
            label={t('office.bills.theirLines')}
            rows={theirs}
            keyOf={({ billId, line }) => `${billId} ${line}`}
            columns={theirColumns}
          />
        </div>
      )}
      {ours.length > 0 && (
        <div className={styles.part}>
          <Text weight="semibold">{t('office.bills.ourUsage')}</Text>
          <PlainTable
            label={t('office.bills.ourUsage')}
            rows={ours}
            keyOf={({ source, product, bookedOn, priced }) =>
              `${source} ${product} ${bookedOn ?? ''} ${String(priced)}`
            }
            columns={ourColumns}
          />
        </div>
      )}
    </>
  );
}

function useTheirColumns(): readonly PlainColumn<CostEvidence['theirs'][number]>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: 'file',
      header: t('office.bills.file'),
      breaks: true,
      cell: ({ fileName, line }) => t('office.bills.lineOf', { file: fileName, line }),
    },
    { key: 'said', header: t('office.bills.said'), cell: ({ said }) => said },
    {
      key: 'quantity',
      header: t('office.bills.quantity'),
      end: true,
      cell: ({ quantity }) => (quantity === undefined ? '–' : format.units(quantity)),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
  ];
}

type Ours = CostEvidence['ours'][number];

function useOurColumns(): readonly PlainColumn<Ours>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const productName = useProductName();
  const from = ({ source, product, bookedOn, priced }: Ours): string =>
    [
      t(`office.bills.from.${source}`),
      ...(product === '' ? [] : [productName(product)]),
      ...(priced ? [] : [t('office.bills.unpriced')]),
      ...(bookedOn === undefined ? [] : [t('office.bills.bookedOn', { day: format.dayFigures(bookedOn) })]),
    ].join(' · ');
  return [
    { key: 'source', header: t('office.bills.source'), cell: from },
    {
      key: 'count',
      header: t('office.bills.count'),
      end: true,
      cell: ({ count }) => format.count(count),
    },
    {
      key: 'quantity',
      header: t('office.bills.quantity'),
      end: true,
      cell: ({ quantity }) => format.units(quantity),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
  ];
}
