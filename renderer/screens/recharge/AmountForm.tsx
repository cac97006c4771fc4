/** How much is to be paid in: one of the usual amounts, or any other. What was typed is kept. */
import { Field, Input, makeStyles, ToggleButton, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { money, rechargeAmount } from '../../format.ts';
import { placeOrder, typeRecharge, usualAmounts, useRecharge } from '../../state/recharge.ts';

const useStyles = makeStyles({
  usual: { display: 'grid', gridTemplateColumns: 'repeat(4, 1fr)', gap: tokens.spacingHorizontalS },
  amount: { fontVariantNumeric: 'tabular-nums', minWidth: 0, paddingLeft: '4px', paddingRight: '4px' },
});

export function AmountForm() {
  const { t } = useTranslation();
  const styles = useStyles();
  const typed = useRecharge((state) => state.typed);
  const refused = useRecharge(({ problem }) => problem?.field === 'amount');
  const amount = rechargeAmount(typed);
  const wrong = amount === null ? t('recharge.notAnAmount') : refused ? t('recharge.amountRefused') : null;
  return (
    <>
      <div className={styles.usual} role="group" aria-label={t('recharge.usual')}>
        {usualAmounts.map((one) => (
          <ToggleButton
            key={one}
            className={styles.amount}
            checked={amount === one}
            onClick={() => typeRecharge(one.replace(/\.00$/, ''))}
          >
            {money(one).replace(/\.00$/, '')}
          </ToggleButton>
        ))}
      </div>
      <Field label={t('recharge.amount')} {...(wrong === null ? {} : { validationMessage: wrong })}>
        <Input
          inputMode="decimal"
          contentBefore="¥"
          value={typed}
          onChange={(_, data) => typeRecharge(data.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.nativeEvent.isComposing && amount !== null)
              void placeOrder(amount);
          }}
        />
      </Field>
    </>
  );
}
