/**
 * A day or a month of the calendar, typed or picked, written as the person's language writes it. What is typed counts when
 * the field is left or Enter is pressed; what can't be taken is named and stays as it was typed, to be mended.
 */
import { useCallback, useMemo, useRef, useState } from 'react';
import { Field, makeStyles, mergeClasses } from '@fluentui/react-components';
import { DatePicker, type CalendarStrings } from '@fluentui/react-datepicker-compat';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Language } from '../../shared/ipc-words.ts';
import { dayOf, typedDay, typedMonth, type Format } from '../format.ts';
import { useMirror } from '../state/mirror.ts';
import { useFormat, useNow, useTimeZone } from './useFormat.ts';

const useStyles = makeStyles({
  field: { minWidth: 0, '& input': { minWidth: 0, width: '100%', fontVariantNumeric: 'tabular-nums' } },
  whole: { width: '100%' },
});

/** Of the business, as the contract has it: nothing was before it, and nothing is asked of a time after it. */
const earliest = '1971-01-01';
const latest = '9997-12-31';

/** The calendar reckons in dates of the machine's zone; a day of ours is the one at its midnight there, a month its first. */
function dateOf(value: string): Date {
  const [year = 0, month = 1, dayOfMonth = 1] = value.split('-').map(Number);
  return new Date(year, month - 1, dayOfMonth);
}

/** No date of the calendar: beyond every limit, so that the text it stands for is not taken, and not put back either. */
const none = new Date(8_640_000_000_000_000);

function dayOfDate(date: Date): string {
  const [month, dayOfMonth] = [date.getMonth() + 1, date.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${date.getFullYear()}-${month}-${dayOfMonth}`;
}

/** What a unit of the calendar is called, read from what was typed, and how long it is as the contract writes it. */
interface Unit {
  readonly length: number;
  readonly shown: (format: Format, value: string) => string;
  readonly typed: (typed: string, language: Language) => string | null;
  readonly wrong: string;
  readonly current: string;
}

const units = {
  day: {
    length: 10,
    shown: (format, value) => format.dayFigures(value),
    typed: typedDay,
    wrong: 'field.day',
    current: 'calendar.today',
  },
  month: {
    length: 7,
    shown: (format, value) => format.month(value),
    typed: typedMonth,
    wrong: 'field.month',
    current: 'calendar.thisMonth',
  },
} as const satisfies Record<string, Unit>;

function calendarStrings(t: TFunction, language: Language, { current }: Unit): CalendarStrings {
  const months = Array.from({ length: 12 }, (_, month) => new Date(2026, month, 1));
  // The first of February 2026 was a Sunday, with which the calendar's lists of days begin.
  const days = Array.from({ length: 7 }, (_, day) => new Date(2026, 1, 1 + day));
  const named = (options: Intl.DateTimeFormatOptions, dates: readonly Date[]): string[] =>
    dates.map((date) => new Intl.DateTimeFormat(language, options).format(date));
  return {
    months: named({ month: 'long' }, months),
    shortMonths: named({ month: 'short' }, months),
    days: named({ weekday: 'long' }, days),
    shortDays: named({ weekday: 'narrow' }, days),
    goToToday: t(current),
    prevMonthAriaLabel: t('calendar.prevMonth'),
    nextMonthAriaLabel: t('calendar.nextMonth'),
    prevYearAriaLabel: t('calendar.prevYear'),
    nextYearAriaLabel: t('calendar.nextYear'),
    prevYearRangeAriaLabel: t('calendar.prevYears'),
    nextYearRangeAriaLabel: t('calendar.nextYears'),
    // The calendar puts the date in the place of `{0}`.
    monthPickerHeaderAriaLabel: t('calendar.pickYear', { date: '{0}' }),
    yearPickerHeaderAriaLabel: t('calendar.pickMonth', { date: '{0}' }),
    selectedDateFormatString: t('calendar.selected', { date: '{0}' }),
    todayDateFormatString: t('calendar.isToday', { date: '{0}' }),
    closeButtonAriaLabel: t('calendar.close'),
  };
}

function dateFormatting(language: Language) {
  const as = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(language, options);
    return (date: Date): string => format.format(date);
  };
  return {
    formatDay: (date: Date) => String(date.getDate()),
    formatMonth: as({ month: 'long' }),
    formatYear: as({ year: 'numeric' }),
    formatMonthDayYear: as({ dateStyle: 'long' }),
    formatMonthYear: as({ year: 'numeric', month: 'long' }),
  };
}

export interface CalendarFieldProps {
  readonly label: string;
  /** `YYYY-MM-DD`, or of a month `YYYY-MM`; so are the limits, which are both included. */
  readonly value: string | null;
  readonly onValue: (value: string) => void;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly className?: string | undefined;
  /** There has to be one: an empty field is wrong, too. */
  readonly required?: boolean;
  /** What is wrong is written beneath the field; else it is in its tooltip, for lack of room. */
  readonly explained?: boolean;
  /** Says in words why what stands in the field can't be taken, and then that it no longer stands there. */
  readonly onWrong?: (words: string | null) => void;
}

interface Props extends CalendarFieldProps {
  readonly of: keyof typeof units;
}

export function CalendarField(props: Props) {
  const { of, label, value, onValue, placeholder, className, required = false, explained = false } = props;
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const language = useMirror(({ desk }) => desk?.settings.language) ?? 'zh-CN';
  const unit = units[of];
  const today = dayOf(useNow(), useTimeZone());
  const min = (props.min ?? earliest).slice(0, unit.length);
  const max = (props.max ?? latest).slice(0, unit.length);
  const typedLast = useRef('');
  const said = useRef<string | null>(null);
  const [open, setOpen] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  // A value that is chosen elsewhere takes the place of what was typed.
  const [last, setLast] = useState(value);
  if (value !== last) {
    setLast(value);
    setWrong(null);
  }
  const strings = useMemo(() => calendarStrings(t, language, unit), [t, language, unit]);
  const formatting = useMemo(() => dateFormatting(language), [language]);
  // Anew only with what they are of: each new one makes the picker put back what it had over what is being typed.
  const date = useMemo(() => (value === null ? null : dateOf(value)), [value]);
  const formatDate = useCallback(
    (one?: Date) => (one === undefined ? '' : unit.shown(format, dayOfDate(one).slice(0, unit.length))),
    [unit, format],
  );

  /** What was typed as a value that may be chosen, or in words why it is none. */
  const read = (typed: string): { readonly value: string } | { readonly words: string } => {
    const parsed = unit.typed(typed, language);
    if (parsed === null)
      return { words: t(unit.wrong, { example: unit.shown(format, today.slice(0, unit.length)) }) };
    if (parsed < min) return { words: t('field.notBefore', { date: unit.shown(format, min) }) };
    if (parsed > max) return { words: t('field.notAfter', { date: unit.shown(format, max) }) };
    return { value: parsed };
  };
  const say = (words: string | null): void => {
    setWrong(words);
    if (words === said.current) return;
    said.current = words;
    props.onWrong?.(words);
  };
  const judge = (typed: string): void => {
    const came = read(typed);
    say('words' in came ? came.words : null);
  };

  // The calendar's own Enter opens it; whoever has typed a date is done.
  const enter = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) event.stopPropagation();
    const typed = event.target instanceof HTMLInputElement ? event.target.value : '';
    if (event.key !== 'Enter' || typed === (value === null ? '' : unit.shown(format, value))) return;
    event.preventDefault();
    event.stopPropagation();
    setOpen(false);
    judge(typed);
    const came = read(typed);
    if ('value' in came) onValue(came.value);
  };

  const picker = (
    <DatePicker
      open={open}
      onOpenChange={setOpen}
      onKeyDownCapture={enter}
      onChange={(_, data) => {
        typedLast.current = data.value;
        say(null);
      }}
      className={mergeClasses(styles.field, explained ? styles.whole : className)}
      aria-label={label}
      aria-invalid={wrong !== null}
      title={wrong ?? undefined}
      placeholder={placeholder ?? unit.shown(format, today.slice(0, unit.length))}
      allowTextInput
      required={required}
      showCloseButton={false}
      firstDayOfWeek={language === 'zh-CN' ? 1 : 0}
      popupSurface={{ 'aria-label': t('calendar.title') }}
      isMonthPickerVisible={of === 'month'}
      highlightSelectedMonth
      calendar={{
        isDayPickerVisible: of === 'day',
        // A year alone is not what is chosen here: the arrows lead to others.
        calendarMonthProps: { yearPickerHidden: true },
      }}
      value={date}
      today={dateOf(today)}
      minDate={dateOf(min)}
      maxDate={dateOf(max)}
      strings={strings}
      dateTimeFormatter={formatting}
      formatDate={formatDate}
      parseDateFromString={(typed) => {
        const parsed = unit.typed(typed, language);
        return parsed === null ? none : dateOf(parsed);
      }}
      onValidationResult={({ error }) => {
        if (error === undefined) say(null);
        else judge(typedLast.current);
      }}
      onSelectDate={(chosen) => {
        if (chosen === null || chosen === undefined) return;
        say(null);
        onValue(dayOfDate(chosen).slice(0, unit.length));
      }}
    />
  );
  if (!explained) return picker;
  return (
    <Field
      className={className}
      validationState={wrong === null ? 'none' : 'error'}
      validationMessage={wrong}
    >
      {picker}
    </Field>
  );
}
