/**
 * How numbers, amounts and times look, in the person's language and the account's time zone. It shows what it is
 * given and must never add, subtract or round money itself.
 */
import type { Language } from '../shared/ipc-words.ts';
import {
  displayYuan,
  inThousands,
  microsPerCent,
  parseYuan,
  yuan,
  yuanText,
  type SignDisplay,
} from '../shared/money.ts';

/** A wire amount as people read it: `¥1,330.68`, `-¥50.00`, with `always` also `+¥500.00`. */
export function money(text: string, sign: SignDisplay = 'negative'): string {
  return displayYuan(yuan(text), sign);
}

/** A price of one, exact to its last decimal: `¥0.855`, never fewer than two. */
export function unitPrice(text: string): string {
  const [whole = '', fraction = ''] = yuanText(yuan(text)).split('.');
  return `¥${inThousands(whole)}.${fraction}`;
}

/** Whether a wire amount is above, at or below zero, for choosing an icon or a colour. */
export function signOf(text: string): -1 | 0 | 1 {
  const micros = yuan(text);
  return micros > 0n ? 1 : micros < 0n ? -1 : 0;
}

/** What someone typed, as a wire amount: spaces, thousands commas and a leading ¥ are forgiven. Null: not an amount. */
export function typedAmount(typed: string): string | null {
  const micros = parseYuan(typed.replace(/[\s,，]/g, '').replace(/^[¥￥]/, ''));
  return micros === null || micros < 0n ? null : yuanText(micros);
}

/** What someone typed, as an amount that can be paid: above zero, in whole cents. Null: not one. */
export function rechargeAmount(typed: string): string | null {
  const amount = typedAmount(typed);
  return amount === null || signOf(amount) <= 0 || !/\.\d\d$/.test(amount) ? null : amount;
}

/** The least amount in whole cents that covers another: what to pay in so that it suffices. */
export function centsAbove(text: string): string {
  const micros = yuan(text);
  const rest = micros % microsPerCent;
  return yuanText(rest > 0n ? micros - rest + microsPerCent : micros);
}

/** A text that was given by people, without the marks that would have what follows it read from the other side. */
export function withoutTurns(text: string): string {
  return text.replaceAll(/\p{Bidi_Control}/gu, '');
}

/** How long something lasts, in minutes and seconds: `29:05`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What someone typed, as a whole number of at least `min`. Null: not one. */
export function typedCount(typed: string, min: number, max: number): number | null {
  const digits = typed.replace(/[\s,，]/g, '');
  if (!/^\d{1,9}$/.test(digits)) return null;
  const count = Number(digits);
  return count >= min && count <= max ? count : null;
}

/** What someone typed, as a day: in the language's own order, or with the year first in any. Null: not one. */
export function typedDay(typed: string, language: Language): string | null {
  const [a = '', b = '', c = '', ...more] = typed.split(/\D+/).filter((part) => part !== '');
  if (more.length > 0 || c === '') return null;
  const yearFirst = language === 'zh-CN' || a.length === 4;
  const [year, month, dayOfMonth] = yearFirst ? [a, b, c] : [c, a, b];
  if (year.length !== 4 || month.length > 2 || dayOfMonth.length > 2) return null;
  const day = `${year}-${month.padStart(2, '0')}-${dayOfMonth.padStart(2, '0')}`;
  const date = new Date(`${day}T00:00:00Z`);
  // A 31st of April would come back as the first of May.
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day ? null : day;
}

/** What someone typed, as a month: `2026-11`, `11/2026`, `2026年11月`, in English by its name too. Null: not one. */
export function typedMonth(typed: string, language: Language): string | null {
  const [a = '', b = '', ...more] = typed.split(/\D+/).filter((part) => part !== '');
  if (more.length > 0) return null;
  const named = language === 'en-US' ? monthNamed(typed) : null;
  if (named !== null && b !== '') return null;
  const [year, month] = named !== null ? [a, named] : a.length === 4 ? [a, b] : [b, a];
  if (!/^\d{4}$/.test(year) || !/^(?:0?[1-9]|1[0-2])$/.test(month)) return null;
  return `${year}-${month.padStart(2, '0')}`;
}

/** The number of the English month that a text's letters begin the name of, three of them at least. */
function monthNamed(typed: string): string | null {
  const letters = typed.toLowerCase().replaceAll(/[^a-z]/g, '');
  if (letters.length < 3) return null;
  const name = new Intl.DateTimeFormat('en-US', { month: 'long', timeZone: 'UTC' });
  const names = Array.from({ length: 12 }, (_, month) => name.format(Date.UTC(2026, month, 1)).toLowerCase());
  const found = names.findIndex((one) => one.startsWith(letters));
  return found < 0 ? null : String(found + 1);
}

// Making an Intl object costs more than using it a thousand times; lists format every cell.
const dateFormats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(
  language: Language,
  timeZone: string | undefined,
  name: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${language}|${timeZone ?? ''}|${name}`;
  let format = dateFormats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, {
      ...options,
      hourCycle: 'h23',
      ...(timeZone === undefined ? {} : { timeZone }),
    });
    dateFormats.set(key, format);
  }
  return format;
}

const bytesPerMegabyte = 1_048_576;

export interface Format {
  /** Date and time to the second, for lists. */
  readonly dateTime: (instant: string) => string;
  /** The day alone, in figures, for lists in which the time says nothing. */
  readonly date: (instant: string) => string;
  /** Day of the year and time to the minute, where the year goes without saying. */
  readonly dayTime: (instant: string) => string;
  /** Date and time with the zone's name, for a record's detail. */
  readonly dateTimeZone: (instant: string) => string;
  /** Hours, minutes and seconds alone. */
  readonly time: (instant: string) => string;
  /** `2026-11-21` as a short day of the year, for an axis. */
  readonly dayShort: (day: string) => string;
  readonly dayLong: (day: string) => string;
  /** A day in figures, as it is also typed: `2026/11/21`, in English `11/21/2026`. */
  readonly dayFigures: (day: string) => string;
  /** How long ago, in the largest fitting unit. */
  readonly ago: (instant: string, nowMs: number) => string;
  /** How long until, in the largest fitting unit. */
  readonly ahead: (instant: string, nowMs: number) => string;
  /** How many days are left until an instant, the last one begun counted; hours on the last day. */
  readonly left: (instant: string, nowMs: number) => string;
  readonly duration: (seconds: number) => string;
  /** How long something took: to the tenth of a second below a minute, to the second below an hour. */
  readonly lasted: (ms: number) => string;
  readonly count: (value: number) => string;
  /** Whole units as the wire has them, however many; `always` writes `+` before a gain. */
  readonly units: (text: string, sign?: SignDisplay) => string;
  /** A month `2026-11` by its name. */
  readonly month: (month: string) => string;
  /** A day, a month or a year, as a period of the business is named: by its length. */
  readonly period: (period: string) => string;
  /** What is named in each language. */
  readonly name: (names: Readonly<Record<Language, string>>) => string;
  /** A round number in few letters, as a scale has it: `25,000` as `2.5万`, in English `25K`. */
  readonly round: (value: number) => string;
  readonly rate: (value: number) => string;
  /** A share of one as a percentage, to the tenth: `44.6%`. */
  readonly percent: (share: number) => string;
  /** The same with the tenth always written, for a column of them: `100.0%`. */
  readonly percentTenths: (share: number) => string;
  /** How large a file is, in megabytes. */
  readonly megabytes: (bytes: number) => string;
  /** `0.95` in the language's own way of naming a discount: 9.5 in Chinese, 5 % in English. */
  readonly discount: (multiplier: string) => string;
}

const dateTimeOptions: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};

function relative(language: Language, seconds: number): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'always', style: 'short' });
  const size = Math.abs(seconds);
  if (size === 0) return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(0, 'second');
  if (size < 60) return format.format(Math.trunc(seconds), 'second');
  if (size < 3_600) return format.format(Math.trunc(seconds / 60), 'minute');
  if (size < 86_400) return format.format(Math.trunc(seconds / 3_600), 'hour');
  return format.format(Math.trunc(seconds / 86_400), 'day');
}

function durationText(language: Language, seconds: number): string {
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  if (seconds < 60) return unit(seconds, 'second');
  if (seconds < 3_600) return unit(Math.round(seconds / 60), 'minute');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.round((seconds % 3_600) / 60);
  return minutes === 0 ? unit(hours, 'hour') : `${unit(hours, 'hour')} ${unit(minutes, 'minute')}`;
}

function lastedText(language: Language, ms: number): string {
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: 1,
    }).format(value);
  if (ms < 60_000) return unit(ms / 1_000, 'second');
  const whole = Math.round(ms / 1_000);
  if (whole >= 3_600) return durationText(language, whole);
  const minutes = unit(Math.floor(whole / 60), 'minute');
  return whole % 60 === 0 ? minutes : `${minutes} ${unit(whole % 60, 'second')}`;
}

/** Formats for a language and a time zone; `undefined` is the machine's own zone, before an account is known. */
export function formatFor(language: Language, timeZone: string | undefined): Format {
  const stamp = dateFormat(language, timeZone, 'dateTime', dateTimeOptions);
  const zone = dateFormat(language, timeZone, 'zone', { timeZoneName: 'short' });
  const dayTime = dateFormat(language, timeZone, 'dayTime', {
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const dayStamp = dateFormat(language, timeZone, 'date', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const clock = dateFormat(language, timeZone, 'time', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  // A day is a day of the account's calendar, not an instant: it is shown as written, in no zone.
  const dayShort = dateFormat(language, 'UTC', 'dayShort', { month: 'numeric', day: 'numeric' });
  const dayLong = dateFormat(language, 'UTC', 'dayLong', { dateStyle: 'long' });
  const dayFigures = dateFormat(language, 'UTC', 'dayFigures', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const monthName = dateFormat(language, 'UTC', 'month', { year: 'numeric', month: 'long' });
  const yearName = dateFormat(language, 'UTC', 'year', { year: 'numeric' });
  const month = (text: string): string => monthName.format(new Date(`${text}-01T00:00:00Z`));
  const count = new Intl.NumberFormat(language);
  const signed = new Intl.NumberFormat(language, { signDisplay: 'exceptZero' });
  const round = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 2 });
  const rate = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const percentTenths = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const days = new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'long' });
  const discount = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  return {
    dateTime: (instant) => stamp.format(new Date(instant)),
    date: (instant) => dayStamp.format(new Date(instant)),
    dayTime: (instant) => dayTime.format(new Date(instant)),
    dateTimeZone: (instant) => {
      const date = new Date(instant);
      const name = zone.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      return `${stamp.format(date)} ${name}`;
    },
    time: (instant) => clock.format(new Date(instant)),
    dayShort: (day) => dayShort.format(new Date(`${day}T00:00:00Z`)),
    dayLong: (day) => dayLong.format(new Date(`${day}T00:00:00Z`)),
    dayFigures: (day) => dayFigures.format(new Date(`${day}T00:00:00Z`)),
    ago: (instant, nowMs) =>
      relative(language, -Math.max(0, Math.floor((nowMs - Date.parse(instant)) / 1000))),
    ahead: (instant, nowMs) =>
      relative(language, Math.max(0, Math.ceil((Date.parse(instant) - nowMs) / 1000))),
    left: (instant, nowMs) => {
      const seconds = Math.max(0, (Date.parse(instant) - nowMs) / 1_000);
      return seconds < 86_400 ? durationText(language, seconds) : days.format(Math.ceil(seconds / 86_400));
    },
    duration: (seconds) => durationText(language, seconds),
    lasted: (ms) => lastedText(language, ms),
    count: (value) => count.format(value),
    units: (text, sign = 'negative') => (sign === 'always' ? signed : count).format(BigInt(text)),
    month,
    period: (period) => {
      if (period.length === 7) return month(period);
      const day = period.length === 4 ? `${period}-01-01` : period;
      return (period.length === 4 ? yearName : dayLong).format(new Date(`${day}T00:00:00Z`));
    },
    name: (names) => names[language],
    round: (value) => round.format(value),
    rate: (value) => rate.format(value),
    percent: (share) => percent.format(share),
    percentTenths: (share) => percentTenths.format(share),
    megabytes: (bytes) => `${tenths.format(bytes / bytesPerMegabyte)} MB`,
    discount: (multiplier) =>
      language === 'zh-CN'
        ? discount.format(Number(multiplier) * 10)
        : discount.format((1 - Number(multiplier)) * 100),
  };
}

/** The account's calendar day at an instant, as `YYYY-MM-DD`. */
export function dayOf(instantMs: number, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat('en-CA', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(instantMs);
}

/** The day so many days before a day; calendar arithmetic, so no daylight-saving hour can shift it. */
export function dayBefore(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - days);
  return date.toISOString().slice(0, 10);
}

/** The time of the day at an instant, as a field for times has it: `09:30`. */
export function timeOf(instantMs: number, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(instantMs);
}

/**
 * The instant of a time on a day of a zone, as the contract writes it. Of a time that a change of the clocks leaves out it
 * is the one an hour later; null for what is no time.
 */
export function instantOf(day: string, time: string, timeZone: string | undefined): string | null {
  const asIfUtc = Date.parse(`${day}T${time}:00.000Z`);
  if (Number.isNaN(asIfUtc)) return null;
  /** How far the zone's own clock is ahead of UTC then. */
  const aheadMs = (atMs: number): number =>
    Date.parse(`${dayOf(atMs, timeZone)}T${timeOf(atMs, timeZone)}:00.000Z`) -
    Math.floor(atMs / 60_000) * 60_000;
  const near = asIfUtc - aheadMs(asIfUtc);
  const exact = asIfUtc - aheadMs(near);
  // Where the clocks change, one of the two may be off by what they change by; of a time that is left out both are.
  const read = [exact, near].find((atMs) => atMs + aheadMs(atMs) === asIfUtc);
  return new Date(read ?? Math.max(near, exact)).toISOString();
}

/** Months up to the one of a day, the newest first: `2026-11`, `2026-10` … */
export function monthsUntil(day: string, count: number): string[] {
  const first = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  return Array.from({ length: count }, (_, back) => {
    const month = new Date(first);
    month.setUTCMonth(first.getUTCMonth() - back);
    return month.toISOString().slice(0, 7);
  });
}
