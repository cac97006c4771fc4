/** The budgets of a month: how much each is, what of it is used, and setting one. What they are of, the caller reads. */
import { useState } from 'react';
import {
  Button,
  makeStyles,
  mergeClasses,
  ProgressBar,
  Skeleton,
  SkeletonItem,
  tokens,
} from '@fluentui/react-components';
import { Add16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Budget } from '../../../../shared/api-finance.ts';
import { money } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { Section } from '../../../parts/Section.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Answering } from '../../../state/ask.ts';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { useMay } from '../parts/useMay.ts';
import { BudgetDialog, type BudgetSet } from './BudgetDialog.tsx';
import { useScopeName } from './useScopeName.ts';

const useStyles = makeStyles({
  budgets: { flexShrink: 0 },
  waiting: { display: 'flex', flexDirection: 'column', gap: '12px' },
  share: { display: 'flex', alignItems: 'center', justifyContent: 'flex-end', gap: '10px' },
  bar: { width: '96px', '@media (max-width: 960px)': { width: '56px' } },
  percent: { minWidth: '40px' },
  over: { color: tokens.colorStatusDangerForeground1, fontWeight: tokens.fontWeightSemibold },
});
/** A budget tells of itself there, and again when it is used up. */
const nearlyPercent = 80;

interface Props {
  readonly month: string;
  readonly answer: Answering<'budgets'>;
}

export function Budgets({ month, answer: { body, problem, readAgain } }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const title = t('office.watch.budgetsOf', { month: format.month(month) });
  const may = useMay('setBudget');
  const [asking, setAsking] = useState(false);
  const [set, setSet] = useState<BudgetSet | null>(null);
  const scopeName = useScopeName();
  const columns = useBudgetColumns();
  return (
    <Section
      className={styles.budgets}
      title={title}
      aside={
        may && (
          <Button appearance="subtle" size="small" icon={<Add16Regular />} onClick={() => setAsking(true)}>
            {t('office.watch.setBudget')}
          </Button>
        )
      }
    >
      {set !== null && (
        <OutcomeBar
          outcome="done"
          done={t('office.watch.budgetSet', { scope: scopeName(set), amount: money(set.amount) })}
          onDismiss={() => setSet(null)}
        />
      )}
      {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
      {body === null && problem === null && (
        <Skeleton aria-label={t('common.loading')} className={styles.waiting}>
          {[1, 2, 3].map((line) => (
            <SkeletonItem key={line} size={16} />
          ))}
        </Skeleton>
      )}
      {body !== null && (
        <PlainTable
          dense
          label={title}
          rows={body.items}
          keyOf={({ id }) => id}
          none={t(may ? 'office.watch.noBudgetsMay' : 'office.watch.noBudgets')}
          columns={columns}
        />
      )}
      {asking && (
        <BudgetDialog
          month={month}
          budgets={body?.items ?? []}
          onDone={(done) => {
            setAsking(false);
            setSet(done);
            readAgain();
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  );
}

function useBudgetColumns(): readonly PlainColumn<Budget>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const scopeName = useScopeName();
  return [
    { key: 'scope', header: t('office.watch.scope'), cell: (budget) => scopeName(budget) },
    {
      key: 'amount',
      header: t('office.watch.budget'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
    {
      key: 'spent',
      header: t('office.watch.spent'),
      end: true,
      cell: ({ spent }) => <Amount value={spent} />,
    },
    {
      key: 'percent',
      header: t('office.watch.share'),
      end: true,
      cell: ({ percent }) => (
        <span className={styles.share}>
          <ProgressBar
            aria-hidden
            thickness="large"
            className={styles.bar}
            value={Math.min(1, percent / 100)}
            color={percent >= 100 ? 'error' : percent >= nearlyPercent ? 'warning' : 'brand'}
          />
          <span className={mergeClasses(styles.percent, percent >= 100 && styles.over)}>
            {format.percent(percent / 100)}
          </span>
        </span>
      ),
    },
  ];
}
