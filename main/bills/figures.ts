/**
 * Figures of a bill as they are written, read exactly: digits in, digits out. No amount may pass through a floating-point
 * number, and none may lose a place.
 */
import { yuanLimit, type Micros } from '../../shared/money.ts';

/** A decimal: `digits` × 10 ^ −`places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}
export type Fault = 'unreadable' | 'too_precise';

const microPlaces = 6;
const marks = /^(?:CNY|RMB|[¥￥])\s*|\s*(?:CNY|RMB|元)$/giu;
const minus = /^[-\u2212\uff0d]/u;
const spaces = /[\s\u00a0\u202f]/gu;

/** The shortest decimal that is this number, without an exponent: what a spreadsheet program wrote and meant. */
export function decimalText(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', rest = '', exponent = '0'] = parts;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0').slice(0, point)}${digits.length > point ? `.${digits.slice(point)}` : ''}`;
}

/**
 * Reads a number with a sign, with groups of three digits or without, with a mark of yuan or without. In brackets it is
 * below zero. Null for anything else, a number with an exponent included: whoever wrote it has rounded it.
 */
export function readDecimal(written: string, decimal: '.' | ','): Decimal | null {
  let text = written.trim().replaceAll(marks, '').trim();
  const bracketed = /^\((.+)\)$/u.exec(text)?.[1];
  if (bracketed !== undefined) text = bracketed.trim();
  const signed = minus.test(text);
  if (signed && bracketed !== undefined) return null;
  text = text.replace(minus, '').replace(/^\+/, '').replaceAll(marks, '').replaceAll(spaces, '');
  const group = decimal === '.' ? ',' : '.';
  const [whole = '', fraction = '', ...more] = text.split(decimal);
  if (more.length > 0 || !/^\d*$/.test(fraction)) return null;
  const plain = ungrouped(whole, group);
  if (plain === null || plain + fraction === '') return null;
  const kept = fraction.replace(/0+$/, '');
  const digits = BigInt((plain === '' ? '0' : plain) + kept);
  return { digits: signed || bracketed !== undefined ? -digits : digits, places: kept.length };
}

function ungrouped(whole: string, group: string): string | null {
  if (/^\d*$/.test(whole)) return whole;
  const groups = whole.split(group);
  const [first = '', ...rest] = groups;
  if (!/^\d{1,3}$/.test(first) || rest.some((part) => !/^\d{3}$/.test(part))) return null;
  return groups.join('');
}

/** In micro-yuan; `too_precise` where it has a place beyond them, `unreadable` where no amount is so large. */
export function microsOf({ digits, places }: Decimal, unit: 'yuan' | 'cents'): Micros | Fault {
  const shift = microPlaces - places - (unit === 'cents' ? 2 : 0);
  if (shift < 0) return 'too_precise';
  const micros = digits * 10n ** BigInt(shift);
  return micros >= yuanLimit || micros <= -yuanLimit ? 'unreadable' : micros;
}

/** No quantity of one line is so large, in the contract neither. */
const quantityLimit = 10n ** 12n;

/** A quantity in whole units; null where it is none. */
export function wholeOf({ digits, places }: Decimal, unit: number): bigint | null {
  const scale = 10n ** BigInt(places);
  const scaled = digits * BigInt(unit);
  const whole = scaled / scale;
  return scaled % scale === 0n && whole < quantityLimit && whole > -quantityLimit ? whole : null;
}
