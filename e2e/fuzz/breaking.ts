/**
 * Breaks a request's body: at some place in its tree, or in its bytes. What comes out may by chance still be valid;
 * whether it is, the contract's schema decides, not this file.
 */
import type { Dice } from './dice.ts';

/** Texts and numbers that programs stumble over. */
const badTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfffx',
  '1e3',
  '0x10',
  'NaN',
  '1.0000001',
  '9'.repeat(40),
  '-0.0000001',
  '１.２０',
  '2026-02-30T00:00:00.000Z',
  '2026-11-21T02:00:00+08:00',
  '10000-01-01T00:00:00.000Z',
  '-000001-01-01T00:00:00.000Z',
  '__proto__',
  'z'.repeat(70_000),
] as const;
const badNumbers = [-1, 0, 1.5, 1e21, 1e308, -1e308, 2 ** 53, 2 ** 63, 5e-324, 4_294_967_296] as const;
const otherTypes = [null, true, false, [], {}, [[]], { a: 1 }, 7, 'text'] as const;

/** Values whose text JSON.stringify can't write: put in afterwards. */
const rawMarks = new Map([
  ['@@huge@@', '1e999'],
  ['@@minusZero@@', '-0'],
  ['@@long@@', `1${'0'.repeat(400)}`],
  ['@@deep@@', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ['@@deepObject@@', `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`],
]);

type Place = readonly (string | number)[];

/** A copy of `value` with one to three places of it broken, as JSON text. */
export function brokenJson(value: unknown, dice: Dice): string {
  let broken = value;
  for (let left = dice.between(1, 3); left > 0; left -= 1) {
    const place = dice.pick(placesOf(broken));
    broken = replaced(broken, place, (old) => brokenValue(old, dice));
  }
  const text = writeMarked(broken);
  return dice.oneIn(8) ? brokenSyntax(text, dice) : text;
}

export function writeMarked(value: unknown): string {
  let text = JSON.stringify(value) ?? '';
  for (const [mark, raw] of rawMarks) text = text.replaceAll(`"${mark}"`, raw);
  return text;
}

function placesOf(value: unknown): Place[] {
  const places: Place[] = [[]];
  const walk = (node: unknown, place: Place): void => {
    if (typeof node !== 'object' || node === null || places.length > 500) return;
    for (const [key, child] of Object.entries(node)) {
      const at = [...place, Array.isArray(node) ? Number(key) : key];
      places.push(at);
      walk(child, at);
    }
  };
  walk(value, []);
  return places;
}

function replaced(value: unknown, [key, ...rest]: Place, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? replaced(item, rest, change) : item));
  if (typeof value !== 'object' || value === null) return change(value);
  const entries = Object.entries(value).map(([name, child]): [string, unknown] => [
    name,
    name === key ? replaced(child, rest, change) : child,
  ]);
  return Object.fromEntries(entries);
}

function brokenValue(old: unknown, dice: Dice): unknown {
  if (typeof old === 'object' && old !== null && dice.oneIn(2)) return brokenContainer(old, dice);
  switch (dice.below(6)) {
    case 0:
      return dice.pick(otherTypes);
    case 1:
      return dice.pick(badNumbers);
    case 2:
      return dice.pick([...rawMarks.keys()]);
    case 3:
      // The right text as the wrong type: money as a number, a number as text.
      return typeof old === 'string' && old !== '' && !Number.isNaN(Number(old)) ? Number(old) : String(old);
    case 4:
      return [old];
    default:
      return dice.pick(badTexts);
  }
}

function brokenContainer(old: object, dice: Dice): unknown {
  if (Array.isArray(old)) {
    const items: unknown[] = old;
    return dice.pick([[], [...items, ...items], [...items, null], Object.assign({}, items)]);
  }
  const entries = Object.entries(old);
  const dropped = dice.below(entries.length + 1);
  return dice.pick([
    Object.fromEntries(entries.filter((_, index) => index !== dropped)),
    { ...old, unknown: 1 },
    { ...old, ['constructor']: { prototype: { role: 'admin' } } },
    { ...old, role: 'admin', accountId: '00000000-0000-0000-0000-000000000000' },
    entries,
  ]);
}

function brokenSyntax(text: string, dice: Dice): string {
  const cut = dice.below(text.length + 1);
  return dice.pick([
    text.slice(0, cut),
    `${text}${text}`,
    `\ufeff${text}`,
    text.replace('{', '{"__proto__":{"role":"admin"},'),
    text.replace(/^\{("[^"]+":)/, '{$1null,$1'),
    text.replaceAll('"', "'"),
    text.replace(/\}$/, ',}'),
    `${text.slice(0, cut)}\u0001${text.slice(cut)}`,
    'NaN',
    '"text"',
    '[]',
    'null',
    '',
  ]);
}
