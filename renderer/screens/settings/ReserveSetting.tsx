/** How much is set aside for starting offline. A rule counts at once, a typed amount when its field is left. */
import { useState } from 'react';
import { Field, Input, makeStyles, Select } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { typedAmount } from '../../format.ts';
import { useDesk } from '../../state/mirror.ts';

const useStyles = makeStyles({
  pair: {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 280px))',
    gap: '16px',
    alignItems: 'start',
  },
  input: { minWidth: 0, '& input': { minWidth: 0, width: '100%', fontVariantNumeric: 'tabular-nums' } },
});

const rules = ['auto', 'fixed', 'off'] as const;
type Rule = (typeof rules)[number];
/** What a fixed amount starts from: the most that the automatic one comes to. */
const amountFirst = '100.00';

interface Props {
  /** Zero for none, null for the automatic rule. */
  readonly reserve: string | null;
  readonly onSave: (reserve: string | null) => void;
}

export function ReserveSetting({ reserve, onSave }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const standing = useDesk(({ sync }) => sync.reserve);
  const [typed, setTyped] = useState<string | null>(null);
  const rule: Rule = reserve === null ? 'auto' : Number(reserve) === 0 ? 'off' : 'fixed';
  const amount = typed === null ? reserve : typedAmount(typed);
  const bad = typed !== null && (amount === null || Number(amount) <= 0);

  const choose = (next: Rule): void => {
    setTyped(null);
    onSave(next === 'auto' ? null : next === 'off' ? '0.00' : (standing?.amount ?? amountFirst));
  };
  const commit = (): void => {
    if (typed === null || bad || amount === null) return;
    setTyped(null);
    if (amount !== reserve) onSave(amount);
  };

  return (
    <div className={styles.pair}>
      <Field label={t('settings.reserve')} hint={t('settings.reserveHint')}>
        <Select
          value={rule}
          onChange={(_, data) => choose(rules.find((one) => one === data.value) ?? 'auto')}
        >
          <option value="auto">{t('settings.reserveAuto')}</option>
          <option value="fixed">{t('settings.reserveFixed')}</option>
          <option value="off">{t('settings.reserveOff')}</option>
        </Select>
      </Field>
      {rule === 'fixed' && (
        <Field label={t('settings.reserveAmount')} {...(bad ? { validationMessage: t('field.amount') } : {})}>
          <Input
            className={styles.input}
            inputMode="decimal"
            value={typed ?? reserve ?? ''}
            onChange={(_, data) => setTyped(data.value)}
            onBlur={commit}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && !event.nativeEvent.isComposing) commit();
            }}
          />
        </Field>
      )}
    </div>
  );
}
