/** One field of a form, by its kind. What is typed is handed on as it is; whether it is right, the form says. */
import { Field, Input, makeStyles, Select } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { InstantInput } from '../InstantInput.tsx';
import { useAssetName } from '../AssetAmount.tsx';
import { AssetInput } from './AssetInput.tsx';
import type { LineField } from './spec.ts';

const useStyles = makeStyles({
  input: { minWidth: 0, '& input': { minWidth: 0, width: '100%', fontVariantNumeric: 'tabular-nums' } },
  select: { minWidth: 0, '& select': { minWidth: 0 } },
});

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
  const assetName = useAssetName();
  const { kind, label, optional } = field;
  // An asset is shown by its name; its code is what the document holds.
  const isNamed = kind === 'asset' && text !== '' && assetName(text) !== text;
  const hint = isNamed ? text : inRow ? undefined : field.hint;
  return (
    <Field
      {...(inRow ? {} : { label })}
      {...(hint === undefined ? {} : { hint })}
      required={optional !== true && !inRow}
      {...(wrong ? { validationMessage: t(`office.document.wrong.${kind}`) } : {})}
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
      return <AssetInput name={name} asset={text} onAsset={onText} />;
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
