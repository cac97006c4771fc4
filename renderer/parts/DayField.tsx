/**
 * A day of the calendar, typed or picked, written as the person's language writes days. What is typed counts when the
 * field is left or Enter is pressed; what is no day stays to be mended.
 */
import { useMemo, useState } from 'react';
import { makeStyles, mergeClasses } from '@fluentui/react-components';
import { DatePicker, type CalendarStrings } from '@fluentui/react-datepicker-compat';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Language } from '../../shared/ipc.ts';
import { dayOf, typedDay } from '../format.ts';
import { useMirror } from '../state/mirror.ts';
import { useFormat, useNow, useTimeZone } from './useFormat.ts';

const useStyles = makeStyles({
  field: { minWidth: 0, '& input': { minWidth: 0, width: '100%', fontVariantNumeric: 'tabular-nums' } },
});

/** The calendar reckons in dates of the machine's zone; a day of ours is the one at its midnight there. */
function dateOf(day: string): Date {
  const [year = 0, month = 1, dayOfMonth = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, dayOfMonth);
}

function dayOfDate(date: Date): string {
  const [month, dayOfMonth] = [date.getMonth() + 1, date.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${date.getFullYear()}-${month}-${dayOfMonth}`;
}

function calendarStrings(t: TFunction, language: Language): CalendarStrings {
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
    goToToday: t('calendar.today'),
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

interface Props {
  readonly label: string;
  readonly day: string | null;
  readonly onDay: (day: string) => void;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  readonly placeholder?: string;
  readonly className?: string;
}

export function DayField({ label, day, onDay, min, max, placeholder, className }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const language = useMirror(({ desk }) => desk?.settings.language) ?? 'zh-CN';
  const today = dayOf(useNow(), useTimeZone());
  const [wrong, setWrong] = useState(false);
  const [open, setOpen] = useState(false);
  const strings = useMemo(() => calendarStrings(t, language), [t, language]);
  const formatting = useMemo(() => dateFormatting(language), [language]);
  const isWithin = (one: string): boolean =>
    (min === undefined || one >= min) && (max === undefined || one <= max);

  // The calendar's own Enter opens it; whoever has typed a day is done.
  const enter = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) event.stopPropagation();
    const typed = event.target instanceof HTMLInputElement ? event.target.value : '';
    if (event.key !== 'Enter' || typed === (day === null ? '' : format.dayFigures(day))) return;
    event.preventDefault();
    event.stopPropagation();
    const parsed = typedDay(typed, language);
    const isGood = parsed !== null && isWithin(parsed);
    setWrong(!isGood);
    setOpen(false);
    if (isGood) onDay(parsed);
  };

  return (
    <DatePicker
      open={open}
      onOpenChange={setOpen}
      onKeyDownCapture={enter}
      className={mergeClasses(styles.field, className)}
      aria-label={label}
      aria-invalid={wrong}
      title={wrong ? t('field.day', { example: format.dayFigures(today) }) : undefined}
      placeholder={placeholder ?? format.dayFigures(today)}
      allowTextInput
      showCloseButton={false}
      isMonthPickerVisible={false}
      firstDayOfWeek={language === 'zh-CN' ? 1 : 0}
      value={day === null ? null : dateOf(day)}
      today={dateOf(today)}
      {...(min === undefined ? {} : { minDate: dateOf(min) })}
      {...(max === undefined ? {} : { maxDate: dateOf(max) })}
      strings={strings}
      dateTimeFormatter={formatting}
      formatDate={(date) => (date === undefined ? '' : format.dayFigures(dayOfDate(date)))}
      parseDateFromString={(typed) => {
        const parsed = typedDay(typed, language);
        return parsed === null ? null : dateOf(parsed);
      }}
      onValidationResult={({ error }) => setWrong(error !== undefined)}
      onSelectDate={(date) => {
        if (date !== null && date !== undefined) onDay(dayOfDate(date));
      }}
    />
  );
}
