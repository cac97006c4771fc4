/** What narrows a list of the back office: each choice counts at once, one button takes all away, one reads again. */
import type { ReactNode } from 'react';
import { Button, Dropdown, makeStyles, Option, tokens } from '@fluentui/react-components';
import { ArrowClockwise20Regular, DismissCircle16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { dayOf } from '../../../format.ts';
import { DayField } from '../../../parts/DayField.tsx';
import { useNow, useTimeZone } from '../../../parts/useFormat.ts';
import { AccountField, type ChosenAccount } from './AccountField.tsx';

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px', flexShrink: 0 },
  refresh: { marginLeft: 'auto' },
  list: {
    minWidth: '140px',
    width: '140px',
    '& button': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  },
  days: { display: 'flex', alignItems: 'center', gap: '6px' },
  day: { width: '124px' },
  dash: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly children: ReactNode;
  /** Absent while nothing narrows the list. */
  readonly onClear?: (() => void) | undefined;
  readonly onRefresh: () => void;
}

export function FilterBar({ children, onClear, onRefresh }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.bar} role="search" aria-label={t('history.filters')}>
      {children}
      {onClear !== undefined && (
        <Button appearance="subtle" icon={<DismissCircle16Regular />} onClick={onClear}>
          {t('history.clear')}
        </Button>
      )}
      <Button
        appearance="subtle"
        className={styles.refresh}
        icon={<ArrowClockwise20Regular />}
        title={t('office.frame.refresh')}
        aria-label={t('office.frame.refresh')}
        onClick={onRefresh}
      />
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  /** What it says where none is chosen. */
  readonly all: string;
  readonly options: readonly T[];
  readonly nameOf: (option: T) => string;
  readonly chosen: T | undefined;
  readonly onChoose: (chosen: T | undefined) => void;
}

/** One of a few, or none of them. */
export function ChoiceFilter<T extends string>(props: ChoiceProps<T>) {
  const { label, all, options, nameOf, chosen, onChoose } = props;
  const styles = useStyles();
  return (
    <Dropdown
      className={styles.list}
      aria-label={label}
      value={chosen === undefined ? all : nameOf(chosen)}
      selectedOptions={[chosen ?? '']}
      onOptionSelect={(_, data) => onChoose(options.find((option) => option === data.optionValue))}
    >
      <Option value="">{all}</Option>
      {options.map((option) => (
        <Option key={option} value={option} text={nameOf(option)}>
          {nameOf(option)}
        </Option>
      ))}
    </Dropdown>
  );
}

interface AccountProps {
  readonly label: string;
  readonly chosen: ChosenAccount | undefined;
  readonly onChoose: (chosen: ChosenAccount | undefined) => void;
}

/** One account, or all of them. */
export function AccountFilter({ label, chosen, onChoose }: AccountProps) {
  return (
    <AccountField
      filter
      label={label}
      chosen={chosen ?? null}
      onChoose={(account) => onChoose(account ?? undefined)}
    />
  );
}

interface DaysProps {
  readonly fromDay: string | undefined;
  readonly toDay: string | undefined;
  readonly onDays: (days: { fromDay?: string; toDay?: string }) => void;
}

/** From a day to a day of the person's own calendar, both included. */
export function DaysFilter({ fromDay, toDay, onDays }: DaysProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const today = dayOf(useNow(), useTimeZone());
  return (
    <span className={styles.days}>
      <DayField
        className={styles.day}
        label={t('history.fromDay')}
        placeholder={t('history.fromDay')}
        day={fromDay ?? null}
        max={toDay ?? today}
        onDay={(day) => onDays({ fromDay: day, ...(toDay === undefined ? {} : { toDay }) })}
      />
      <span className={styles.dash}>–</span>
      <DayField
        className={styles.day}
        label={t('history.toDay')}
        placeholder={t('history.toDay')}
        day={toDay ?? null}
        min={fromDay}
        max={today}
        onDay={(day) => onDays({ ...(fromDay === undefined ? {} : { fromDay }), toDay: day })}
      />
    </span>
  );
}
