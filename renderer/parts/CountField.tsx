/** A whole number within bounds, taken in when the field is left or Enter is pressed; what is not one stays to be mended. */
import { useState } from 'react';
import { Field, Input, makeStyles } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { typedCount } from '../format.ts';

const useStyles = makeStyles({
  suffix: { whiteSpace: 'nowrap', flexShrink: 0 },
  // An input asks for room for twenty letters; a number in a narrow column needs less.
  input: { minWidth: 0, '& input': { minWidth: 0, width: '100%', fontVariantNumeric: 'tabular-nums' } },
});

interface Props {
  readonly label: string;
  readonly hint?: string;
  readonly suffix?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onCommit: (value: number) => void;
}

export function CountField({ label, hint, suffix, value, min, max, onCommit }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  // Null while it is not being typed in: then the field shows the value that counts.
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? String(value);
  const count = typedCount(text, min, max);

  const commit = (): void => {
    if (typed === null || count === null) return;
    setTyped(null);
    if (count !== value) onCommit(count);
  };

  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      {...(count === null ? { validationMessage: t('field.countBetween', { min, max }) } : {})}
    >
      <Input
        className={styles.input}
        inputMode="numeric"
        value={text}
        {...(suffix === undefined ? {} : { contentAfter: <span className={styles.suffix}>{suffix}</span> })}
        onChange={(_, data) => setTyped(data.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) commit();
        }}
      />
    </Field>
  );
}
