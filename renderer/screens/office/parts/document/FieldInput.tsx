/** One field of a form, by its kind. What is typed is handed on as it is; whether it is right, the form says. */
import { Combobox, Field, Input, makeStyles, Option, Select } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { InstantInput } from '../InstantInput.tsx';
import { useAssetName } from '../AssetAmount.tsx';
import type { LineField } from './spec.ts';

const useStyles = makeStyles({
  input: { minWidth: 0, '& input': { minWidth: 0, width: '100%', fontVariantNumeric: 'tabular-nums' } },
  select: { minWidth: 0, '& select': { minWidth: 0 } },
});

const knownAssets = ['POINT', 'IMAGE_QUOTA', 'VIDEO_QUOTA', 'TEXT_TOKEN', 'CNY'];

interface Props {
  readonly field: LineField;
  readonly text: string;
  readonly wrong: boolean;
  /** A line of several under one heading: the label is there for assistive technology alone. */
  readonly inRow?: boolean;
  readonly onText: (text: string) => void;
}

export function FieldInput({ field, text, wrong, inRow = false, onText }: Props) {
  const { t } = useTranslation();
  const { label, hint, optional } = field;
  return (
    <Field
      {...(inRow ? {} : { label })}
      {...(hint === undefined || inRow ? {} : { hint })}
      required={optional !== true && !inRow}
      {...(wrong ? { validationMessage: t(`office.document.wrong.${field.kind}`) } : {})}
    >
      <Control field={field} text={text} name={label} onText={onText} />
    </Field>
  );
}

interface ControlProps extends Pick<Props, 'field' | 'text' | 'onText'> {
  readonly name: string;
}

function Control({ field, text, name, onText }: ControlProps) {
  const styles = useStyles();
  const assetName = useAssetName();
  switch (field.kind) {
    case 'choice':
    case 'number_choice':
      return (
        <Select
          className={styles.select}
          aria-label={name}
          value={text}
          onChange={(_, data) => onText(data.value)}
        >
          {(field.options ?? []).map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      );
    case 'instant':
      return <InstantInput name={name} instant={text} onInstant={onText} />;
    case 'asset':
      return (
        <Combobox
          freeform
          className={styles.input}
          aria-label={name}
          value={text}
          selectedOptions={[text]}
          onInput={(event) => onText(event.currentTarget.value.toUpperCase())}
          onOptionSelect={(_, data) => data.optionValue !== undefined && onText(data.optionValue)}
        >
          {knownAssets.map((asset) => (
            <Option key={asset} value={asset} text={asset}>
              {`${assetName(asset)} · ${asset}`}
            </Option>
          ))}
        </Combobox>
      );
    default:
      return (
        <Input
          className={styles.input}
          aria-label={name}
          value={text}
          {...(field.kind === 'text' || field.kind === 'id' ? {} : { inputMode: 'decimal' })}
          {...(field.kind === 'money' ? { contentBefore: <span aria-hidden>¥</span> } : {})}
          {...(field.suffix === undefined ? {} : { contentAfter: <span>{field.suffix}</span> })}
          onChange={(_, data) => onText(data.value)}
        />
      );
  }
}
