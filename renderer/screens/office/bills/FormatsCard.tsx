/** How a provider writes days, amounts and quantities. */
import { useState } from 'react';
import { Field, Input, makeStyles, Select } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Section } from '../../../parts/Section.tsx';
import { typedCount } from '../../../format.ts';
import type { Draft } from './draft.ts';

const useStyles = makeStyles({
  fields: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(168px, 1fr))',
    gap: '12px 16px',
    alignItems: 'start',
  },
  field: { minWidth: 0, '& select, & input': { minWidth: 0, width: '100%' } },
});

const headerLinesMax = 50;
const dayFormats = ['ymd', 'dmy', 'mdy'] as const;
const decimals = ['.', ','] as const;
const amountUnits = ['yuan', 'cents'] as const;
const quantityUnits = [1, 1_000, 10_000, 1_000_000] as const;
/** Where providers' clocks stand; the one of a kept mapping is there as well. */
const zones = [
  'Asia/Shanghai',
  'UTC',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
];

interface Props {
  readonly draft: Draft;
  /** Days are cut in it. */
  readonly businessZone: string;
  readonly onDraft: (draft: Draft) => void;
}

export function FormatsCard({ draft, businessZone, onDraft }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { formats } = draft;
  const change = (part: Partial<Draft['formats']>): void =>
    onDraft({ ...draft, formats: { ...formats, ...part } });
  return (
    <Section title={t('office.bills.formats')}>
      <div className={styles.fields}>
        <HeaderLines count={formats.headerLines} onCount={(headerLines) => change({ headerLines })} />
        <Choice
          label={t('office.bills.dayFormat')}
          options={dayFormats}
          chosen={formats.dayFormat}
          nameOf={(one) => t(`office.bills.dayFormats.${one}`)}
          onChoose={(dayFormat) => change({ dayFormat })}
        />
        <Choice
          label={t('office.bills.timeZone')}
          hint={t('office.bills.timeZoneHint', { zone: businessZone })}
          options={[...new Set([...zones, businessZone, formats.timeZone])]}
          chosen={formats.timeZone}
          nameOf={(zone) => zone}
          onChoose={(timeZone) => change({ timeZone })}
        />
        <Choice
          label={t('office.bills.decimal')}
          options={decimals}
          chosen={formats.decimal}
          nameOf={(one) => t(one === '.' ? 'office.bills.decimalPoint' : 'office.bills.decimalComma')}
          onChoose={(decimal) => change({ decimal })}
        />
        <Choice
          label={t('office.bills.amountIn')}
          options={amountUnits}
          chosen={formats.amountIn}
          nameOf={(one) => t(`office.bills.amountUnits.${one}`)}
          onChoose={(amountIn) => change({ amountIn })}
        />
        <Choice
          label={t('office.bills.quantityIn')}
          options={quantityUnits}
          chosen={formats.quantityIn}
          nameOf={(one) => t(`office.bills.quantityUnits.${one}`)}
          onChoose={(quantityIn) => change({ quantityIn })}
        />
      </div>
    </Section>
  );
}

interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly hint?: string;
  readonly options: readonly T[];
  readonly chosen: T;
  readonly nameOf: (option: T) => string;
  readonly onChoose: (chosen: T) => void;
}

function Choice<T extends string | number>(props: ChoiceProps<T>) {
  const { label, hint, options, chosen, nameOf, onChoose } = props;
  const styles = useStyles();
  return (
    <Field label={label} className={styles.field} {...(hint === undefined ? {} : { hint })}>
      <Select
        value={String(chosen)}
        onChange={(_, { value }) => onChoose(options.find((option) => String(option) === value) ?? chosen)}
      >
        {options.map((option) => (
          <option key={option} value={String(option)}>
            {nameOf(option)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** What is typed counts at once where it is a count, and stays to be mended where it is none. */
function HeaderLines({
  count,
  onCount,
}: {
  readonly count: number;
  readonly onCount: (count: number) => void;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  // Null while it is not being typed in: then the field shows what counts.
  const [typed, setTyped] = useState<string | null>(null);
  const read = typed === null ? count : typedCount(typed, 0, headerLinesMax);
  return (
    <Field
      label={t('office.bills.headerLines')}
      className={styles.field}
      {...(read === null
        ? { validationMessage: t('office.bills.headerLinesWrong', { max: headerLinesMax }) }
        : {})}
    >
      <Input
        value={typed ?? String(count)}
        inputMode="numeric"
        onChange={(_, data) => {
          setTyped(data.value);
          const next = typedCount(data.value, 0, headerLinesMax);
          if (next !== null) onCount(next);
        }}
        onBlur={() => setTyped(null)}
      />
    </Field>
  );
}
