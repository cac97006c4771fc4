/**
 * Asks what becomes of lines of earlier bills that a bill does not name: whether it is all that there is of its days, or one of
 * several. Neither is taken for granted, and what is decided is of the very lines that stand there.
 */
import { useEffect, useState } from 'react';
import { Field, makeStyles, Radio, RadioGroup, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { UnnamedChoice, UnnamedLines } from '../../../../shared/api-bills.ts';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';
import { useProviders } from '../parts/useProviders.ts';
import { money } from '../../../format.ts';

const useStyles = makeStyles({
  items: { maxHeight: '30vh', overflow: 'auto' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly bill: string;
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  readonly onDecide: (choice: UnnamedChoice) => void;
  readonly onClose: () => void;
}

const choices = ['replaced', 'kept'] as const;

export function UnnamedDialog({ bill, busy, problem, onDecide, onClose }: Props) {
  const { t } = useTranslation();
  const { body, problem: unread, readAgain } = useAnswer('unnamedLines', { params: { id: bill } });
  const [are, setAre] = useState<UnnamedChoice['are'] | null>(null);
  const [tried, setTried] = useState(false);
  // What brought this dialog is no fault; figures that have changed since they were shown are.
  const shown = problem?.code === 'bill_leaves_out' ? null : problem;
  useEffect(() => {
    if (problem?.code === 'figures_changed') readAgain();
  }, [problem, readAgain]);
  const decide = (): void => {
    setTried(true);
    if (are === null || body === null || busy) return;
    onDecide({ are, lines: body.lines, amount: body.amount });
  };
  return (
    <AskDialog
      open
      title={t('office.bills.unnamed.title')}
      confirm={t('office.bills.send')}
      cancel={t('office.bills.unnamed.notYet')}
      busy={busy}
      disabled={body === null}
      problem={shown}
      onConfirm={decide}
      onClose={onClose}
    >
      {unread !== null && <RetryMessage problem={unread} onRetry={readAgain} />}
      {body !== null && <Lines body={body} />}
      <Field
        label={t('office.bills.unnamed.what')}
        required
        {...(tried && are === null ? { validationMessage: t('office.bills.unnamed.choose') } : {})}
      >
        <RadioGroup
          value={are ?? ''}
          onChange={(_, { value }) => setAre(choices.find((one) => one === value) ?? null)}
        >
          {choices.map((one) => (
            <Radio key={one} value={one} label={t(`office.bills.unnamed.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
    </AskDialog>
  );
}

function Lines({ body }: { readonly body: UnnamedLines }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { nameOf } = useProviders();
  const columns = useItemColumns();
  const listed = body.items.reduce((sum, { lines }) => sum + lines, 0);
  return (
    <>
      <Text>
        {t('office.bills.unnamed.text', {
          provider: nameOf(body.provider),
          from: format.dayFigures(body.from),
          to: format.dayFigures(body.to),
          count: body.lines,
          lines: format.count(body.lines),
          amount: money(body.amount),
        })}
      </Text>
      <div className={styles.items}>
        <PlainTable
          label={t('office.bills.unnamed.items')}
          rows={body.items}
          keyOf={({ item }) => item}
          columns={columns}
        />
      </div>
      {listed < body.lines && (
        <Text size={200} className={styles.quiet}>
          {t('office.bills.unnamed.mostOnly', { items: format.count(body.items.length) })}
        </Text>
      )}
    </>
  );
}

function useItemColumns(): readonly PlainColumn<UnnamedLines['items'][number]>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { key: 'item', header: t('office.bills.item'), cell: ({ item }) => item },
    {
      key: 'days',
      header: t('office.bills.days'),
      cell: ({ from, to }) =>
        from === to ? format.dayFigures(from) : `${format.dayFigures(from)} – ${format.dayFigures(to)}`,
    },
    { key: 'lines', header: t('office.bills.lines'), end: true, cell: ({ lines }) => format.count(lines) },
    {
      key: 'amount',
      header: t('column.amount'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
  ];
}
