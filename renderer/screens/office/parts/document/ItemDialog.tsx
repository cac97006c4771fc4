/**
 * One item of a document, in a form to be filled in or as it stands in a version. What is wrong is said beneath its
 * field once it was to be kept; nothing typed is changed or lost.
 */
import { useMemo, useState } from 'react';
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Add16Regular, Delete16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { AskDialog } from '../../../../parts/AskDialog.tsx';
import { FieldInput } from './FieldInput.tsx';
import {
  itemOf,
  rowsAt,
  textAt,
  typedOf,
  withAt,
  wrongPlaces,
  type Field,
  type Item,
  type LineField,
  type ListSpec,
  type RowsField,
  type Typed,
} from './spec.ts';

const useStyles = makeStyles({
  form: {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    '@media (max-width: 560px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
    gap: '12px 16px',
    alignItems: 'start',
  },
  /** A day and a time of it have no room in one column. */
  whole: { gridColumn: '1 / -1' },
  rows: { gridColumn: '1 / -1', display: 'flex', flexDirection: 'column', gap: '6px' },
  row: {
    display: 'flex',
    gap: '8px',
    alignItems: 'flex-start',
    '& > .fui-Field': { flex: '1 1 0', minWidth: 0 },
  },
  names: {
    display: 'flex',
    gap: '8px',
    paddingRight: '40px',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    '& > span': { flex: '1 1 0' },
  },
  wrong: { color: tokens.colorPaletteRedForeground1 },
});

interface Props {
  readonly list: ListSpec;
  /** Null: a new one. */
  readonly item: Item | null;
  /** Other items of the list: no two may go by one name. */
  readonly others: readonly Item[];
  readonly onKeep: (item: Item) => void;
  readonly onClose: () => void;
}

export function ItemDialog({ list, item, others, onKeep, onClose }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const [typed, setTyped] = useState<Typed>(() => (item === null ? list.blank : typedOf(item, list.fields)));
  const [tried, setTried] = useState(false);
  const made = useMemo(() => itemOf(typed, list.fields), [typed, list]);
  const wrong = useMemo(() => wrongPlaces(made, list.schema), [made, list]);
  // `made` is an object: it was put together field by field.
  const asItem = made as Item;
  const taken = wrong.size === 0 && others.some((one) => list.keyOf(one) === list.keyOf(asItem));
  const keep = (): void => {
    setTried(true);
    if (wrong.size === 0 && !taken) onKeep(asItem);
  };
  const named = list.fields.map(({ path }) => path);
  const elsewhere = [...wrong].some(
    (path) => !named.some((name) => path === name || path.startsWith(`${name}.`)),
  );
  return (
    <AskDialog
      open
      title={
        item === null
          ? t('office.document.addTitle', { one: list.one })
          : t('office.document.editTitle', { one: list.one, name: list.nameOf(item) })
      }
      confirm={t('office.document.keep')}
      cancel={t('common.cancel')}
      onConfirm={keep}
      onClose={onClose}
    >
      <div className={styles.form}>
        {list.fields
          .filter((field) => field.formless !== true && field.when?.(typed) !== false)
          .map((field) => (
            <FormField
              key={field.path}
              field={field}
              typed={typed}
              wrong={tried ? wrong : nothingWrong}
              onTyped={setTyped}
            />
          ))}
      </div>
      {tried && taken && (
        <Text role="alert" className={styles.wrong}>
          {t('office.document.taken', { one: list.one })}
        </Text>
      )}
      {tried && elsewhere && (
        <Text role="alert" className={styles.wrong}>
          {t('problem.validation_failed')}
        </Text>
      )}
    </AskDialog>
  );
}

const nothingWrong: ReadonlySet<string> = new Set();

interface FormFieldProps<F extends Field> {
  readonly field: F;
  readonly typed: Typed;
  readonly wrong: ReadonlySet<string>;
  readonly onTyped: (typed: Typed) => void;
}

function FormField({ field, ...rest }: FormFieldProps<Field>) {
  if (field.kind === 'rows') return <Rows field={field} {...rest} />;
  return <Line field={field} {...rest} />;
}

function Line({ field, typed, wrong, onTyped }: FormFieldProps<LineField>) {
  const styles = useStyles();
  const line = (
    <FieldInput
      field={field}
      text={textAt(typed, field.path)}
      wrong={wrong.has(field.path)}
      onText={(text) => onTyped(withAt(typed, field.path, text))}
    />
  );
  return field.kind === 'instant' ? <div className={styles.whole}>{line}</div> : line;
}

function Rows({ field, typed, wrong, onTyped }: FormFieldProps<RowsField>) {
  const { t } = useTranslation();
  const styles = useStyles();
  const rows = rowsAt(typed, field.path);
  const place = (index: number, inner: string): string =>
    inner === '' ? `${field.path}.${index}` : `${field.path}.${index}.${inner}`;
  return (
    <div className={styles.rows} role="group" aria-label={field.label}>
      <Text weight="semibold" size={200}>
        {field.label}
      </Text>
      {rows.length > 0 && field.fields.length > 1 && (
        <div className={styles.names} aria-hidden>
          {field.fields.map(({ path, label }) => (
            <span key={path}>{label}</span>
          ))}
        </div>
      )}
      {rows.map((row, index) => (
        <div key={index} className={styles.row}>
          {field.fields.map((inner) => (
            <FieldInput
              key={inner.path}
              inRow
              field={{
                ...inner,
                label: t('office.document.rowField', { label: inner.label, row: index + 1 }),
              }}
              text={textAt(row, inner.path)}
              wrong={wrong.has(place(index, inner.path))}
              onText={(text) => onTyped(withAt(typed, place(index, inner.path), text))}
            />
          ))}
          <Button
            appearance="subtle"
            icon={<Delete16Regular />}
            aria-label={t('office.document.removeRow', { label: field.label, row: index + 1 })}
            onClick={() => onTyped(withAt(typed, field.path, rows.toSpliced(index, 1)))}
          />
        </div>
      ))}
      {rows.length < field.max && (
        <span>
          <Button
            size="small"
            icon={<Add16Regular />}
            onClick={() => onTyped(withAt(typed, field.path, [...rows, field.blank]))}
          >
            {field.add}
          </Button>
        </span>
      )}
    </div>
  );
}
