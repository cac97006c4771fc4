/** Narrows the history to amounts between two bounds, the sign left out. A bound counts when its field is left or Enter is pressed. */
import { useState } from 'react';
import { Input, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { typedAmount } from '../../format.ts';
import type { HistoryFilterValue } from '../../state/history.ts';

type Bounds = Pick<HistoryFilterValue, 'amountFrom' | 'amountTo'>;

const useStyles = makeStyles({
  pair: { display: 'flex', alignItems: 'center', gap: '6px' },
  dash: { color: tokens.colorNeutralForeground3 },
  bound: { width: '118px', minWidth: 0, '& input': { minWidth: 0, width: '100%' } },
});

interface Props extends Bounds {
  readonly onChange: (part: Partial<Record<keyof Bounds, string | undefined>>) => void;
}

export function AmountFilter({ amountFrom, amountTo, onChange }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <span className={styles.pair}>
      <Bound
        name={t('history.amountFrom')}
        value={amountFrom}
        onCommit={(value) => onChange({ amountFrom: value })}
      />
      <span className={styles.dash}>–</span>
      <Bound
        name={t('history.amountTo')}
        value={amountTo}
        onCommit={(value) => onChange({ amountTo: value })}
      />
    </span>
  );
}

interface BoundProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly onCommit: (value: string | undefined) => void;
}

function Bound({ name, value, onCommit }: BoundProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  // Null while it is not being typed in: then the field shows the bound that counts.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? value ?? '';
  const amount = text.trim() === '' ? undefined : typedAmount(text);
  const commit = (): void => {
    if (typed === null || amount === null) return;
    setTyped(null);
    if (amount !== value) onCommit(amount);
  };
  return (
    <Input
      className={styles.bound}
      aria-label={name}
      aria-invalid={amount === null}
      title={amount === null ? t('field.amount') : name}
      placeholder={name}
      inputMode="decimal"
      value={text}
      onChange={(_, data) => setTyped(data.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) commit();
      }}
    />
  );
}
