/**
 * Money as whole micro-yuan (1 ¥ = 1,000,000) in a `bigint`, and its two texts: the wire's decimal string in
 * yuan and the cents that people read. Nothing here, and nothing that uses it, may pass an amount through a
 * floating-point number.
 */

/** An amount of CNY in micro-yuan. */
export type Micros = bigint;

export const microsPerYuan = 1_000_000n;
export const microsPerCent = 10_000n;

/** What an amount looks like on every wire: yuan, an optional sign, at most 12 whole and 6 decimal digits. */
export const yuanPattern = /^-?(?:0|[1-9]\d{0,11})(?:\.\d{1,6})?$/;
/** What many of them come to, which has no largest. */
export const yuanSumPattern = /^-?(?:0|[1-9]\d*)(?:\.\d{1,6})?$/;

/** No amount reaches so many yuan, or whole units of another asset: 13 digits cannot be written. */
export const amountLimit = 10n ** 12n;
export const yuanLimit: Micros = amountLimit * microsPerYuan;

/** Reads a wire amount such as `"1.20"`. Returns null for anything that is not one. */
export function parseYuan(text: string): Micros | null {
  return yuanPattern.test(text) ? readYuan(text) : null;
}

/** Reads what amounts come to, however much. Returns null for anything that is neither an amount nor a sum of some. */
export function parseYuanSum(text: string): Micros | null {
  return yuanSumPattern.test(text) ? readYuan(text) : null;
}

/** Of a text that has the form. */
function readYuan(text: string): Micros {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  const micros = BigInt(whole) * microsPerYuan + BigInt(fraction.padEnd(6, '0'));
  return negative ? -micros : micros;
}

/** Reads a wire amount, or a sum, that has already been checked by a schema; a bad one is a programming error. */
export function yuan(text: string): Micros {
  const micros = parseYuanSum(text);
  if (micros === null) throw new RangeError(`not an amount in yuan: ${JSON.stringify(text)}`);
  return micros;
}

/** Writes the one canonical wire text of an amount: two decimals, up to six where they are needed. */
export function yuanText(micros: Micros): string {
  const absolute = micros < 0n ? -micros : micros;
  const whole = absolute / microsPerYuan;
  const fraction = (absolute % microsPerYuan)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${micros < 0n ? '-' : ''}${whole}.${fraction}`;
}

/** Rounds to whole cents, a half away from zero. */
export function roundToCent(micros: Micros): Micros {
  const half = microsPerCent / 2n;
  const shifted = micros < 0n ? micros - half : micros + half;
  return (shifted / microsPerCent) * microsPerCent;
}

/** A fraction of two numbers above or at zero as a whole one, a half upwards. Beside `roundToCent`, the only rounding. */
export function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** Digits as people read them: `1,330`. */
export function inThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** How an amount's sign is shown: `always` writes `+` before a gain as well. */
export type SignDisplay = 'negative' | 'always';

/** What people read: `¥1,330.68`, `-¥50.00`, `+¥500.00`. Rounds half-up to the cent for display only. */
export function displayYuan(micros: Micros, sign: SignDisplay = 'negative'): string {
  const cents = roundToCent(micros) / microsPerCent;
  const absolute = cents < 0n ? -cents : cents;
  const whole = inThousands((absolute / 100n).toString());
  const fraction = (absolute % 100n).toString().padStart(2, '0');
  const mark = cents < 0n ? '-' : sign === 'always' && cents > 0n ? '+' : '';
  return `${mark}¥${whole}.${fraction}`;
}
