/**
 * Inputs that a schema allows, made from its JSON Schema, so that a new route or field is fuzzed without a word here.
 * Names are looked at only to reach deeper: to hit a price that exists, an id that was used, an hour that is now. It
 * must never know what a route means.
 */
import { z } from 'zod';
import type { Dice } from './dice.ts';

export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly pattern?: string;
}

/** What a caller may name that chance would never find. */
export interface KnownIds {
  /** Of operations that were sent before, its own and others', and new ones; `of` says of what kind. */
  pick(dice: Dice, of: string): string;
  /** A refresh token that was handed out and not yet used; null when there is none. */
  refreshToken(): string | null;
}

const schemas = new WeakMap<z.ZodType, JsonSchema>();

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known = schemas.get(schema);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  schemas.set(schema, made);
  return made;
}

/** Values of fields by name, where chance alone would hardly ever meet what the server has. */
const likely: Readonly<Record<string, readonly unknown[]>> = {
  platform: ['xiaohongshu', 'douyin', 'xiaohongshu', 'douyin', 'a'],
  operation: ['follow', 'follow', 'follow', 'x_1'],
  deviceId: ['fuzz-1', 'fuzz-2', 'fuzz-3', '设备', "'; DROP TABLE wallets; --"],
  campaignId: ['campaign-1', 'campaign-2', 'campaign-3', '活动'],
  asset: ['CNY', 'CNY', 'CNY', 'POINT', 'IMAGE_QUOTA'],
  product: ['drawing', 'cutout', 'x'],
  model: ['m-1', 'm-1', 'm-2', 'x'],
  package: ['points', 'tokens', 'x'],
  plan: ['small', 'large', 'x'],
  provider: ['a', 'a', 'a', 'x'],
  period: ['2026-11', '2026', '2026-11-20', '1969-01-01', '2026-13'],
  timeZone: ['Asia/Shanghai', 'America/New_York', 'Nowhere/Else'],
  item: ['m-1', 'disk', '磁盘'],
  theirs: ['1.00', '1.00', '0.00'],
  ours: ['0.00', '0.00', '1.00'],
  fileHash: ['0'.repeat(64), 'a'.repeat(64), 'b'.repeat(64)],
  month: ['2026-11', '1970-01', '2999-12', '2026-13'],
  email: ['operator@demo.example', 'OPERATOR@demo.example ', 'nobody@demo.example', 'a@b'],
  password: ['zhangtai-demo', 'wrong'],
  address: ['', 'someone@fuzz.example', 'not an address'],
  effectiveAt: ['2026-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'],
};
const days = ['2026-11-19', '2026-11-20', '2026-11-21', '2026-12-01'];
const oddDays = ['1971-01-01', '9998-12-31', '0000-01-01', '9999-12-31', '2024-02-29'];
const times = ['2026-11-21T02:00:00.000Z', '1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'];
const oddTimes = ['0000-01-01T00:00:00.000Z', '0001-12-31T23:59:59.999Z', '2024-02-29T12:00:00.000Z'];
const amounts = ['1.00', '1.20', '0.95', '0.01', '10.00', '0.000001', '1', '0.9', '100.50', '1330.68'];
const oddAmounts = [
  '999999999999.999999',
  '-1.00',
  '0',
  '-0',
  '0.00',
  '-999999999999.999999',
  '123456789012',
];
const multipliers = ['0.95', '0.9', '1', '1.0000', '0.0001', '0.9999', '0.5'];
const words = [
  'a',
  'target',
  '用户',
  '👩‍👩‍👧',
  'é́́',
  '\u202eabc',
  '\u{10ffff}',
  '<script>alert(1)</script>',
  '%s%n',
  '../../etc/passwd',
  "' OR 1=1 --",
  '\t\r\n',
  '\\u0000',
  '\ufeff',
  '{}',
  'null',
];

/** A value that the schema allows, or nearly: what `refine` adds and JSON Schema cannot say is missed at times. */
export function allowed(schema: JsonSchema, dice: Dice, ids: KnownIds, name = ''): unknown {
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return allowed(dice.pick(branches), dice, ids, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return dice.pick(schema.enum);
  switch (schema.type) {
    case 'object':
      return allowedObject(schema, dice, ids);
    case 'array':
      return allowedArray(schema, dice, ids, name);
    case 'string':
      return allowedText(schema, dice, ids, name);
    case 'integer':
    case 'number':
      return allowedNumber(schema, dice);
    case 'boolean':
      return dice.oneIn(2);
    default:
      return null;
  }
}

function allowedObject(schema: JsonSchema, dice: Dice, ids: KnownIds): Record<string, unknown> {
  const required = new Set(schema.required ?? []);
  const entries = Object.entries(schema.properties ?? {})
    .filter(([name]) => required.has(name) || dice.oneIn(2))
    .map(([name, property]) => [name, allowed(property, dice, ids, name)] as const);
  return Object.fromEntries(entries);
}

function allowedArray(schema: JsonSchema, dice: Dice, ids: KnownIds, name: string): unknown[] {
  const min = schema.minItems ?? 0;
  const max = schema.maxItems ?? min + 3;
  // Mostly short, for speed; now and then as long as it may be.
  const length = dice.oneIn(200) ? max : dice.between(min, Math.min(max, min + 3));
  const { items } = schema;
  const list = items === undefined ? [] : Array.from({ length }, () => allowed(items, dice, ids, name));
  const [first] = list;
  return first !== undefined && list.length < max && dice.oneIn(5) ? [...list, first] : list;
}

function allowedNumber(schema: JsonSchema, dice: Dice): number {
  const min = schema.minimum ?? Number.MIN_SAFE_INTEGER;
  const max = schema.maximum ?? Number.MAX_SAFE_INTEGER;
  if (dice.oneIn(6)) return dice.pick([min, max]);
  const from = Math.max(min, 0);
  return Math.min(max, from + dice.below(dice.oneIn(3) ? 2_000 : 40));
}

function allowedText(schema: JsonSchema, dice: Dice, ids: KnownIds, name: string): string {
  if (schema.format === 'uuid') return ids.pick(dice, name);
  if (name === 'refreshToken' && !dice.oneIn(4)) return ids.refreshToken() ?? 'none left';
  const fitting = likely[name];
  if (fitting !== undefined && !dice.oneIn(12)) return String(dice.pick(fitting));
  if (schema.format === 'date') return dice.oneIn(4) ? dice.pick(oddDays) : dice.pick(days);
  if (schema.format === 'date-time') return dice.oneIn(4) ? dice.pick(oddTimes) : dice.pick(times);
  const pattern = schema.pattern ?? '';
  // Told apart by what fits: money is the only text that may be below zero.
  if (pattern !== '' && matches(pattern, '-1.00'))
    return dice.oneIn(4) ? dice.pick(oddAmounts) : dice.pick(amounts);
  if (pattern !== '' && matches(pattern, '0.5') && !matches(pattern, 'a')) return dice.pick(multipliers);
  return anyText(schema, dice);
}

const compiled = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  const known = compiled.get(pattern) ?? new RegExp(pattern, 'u');
  compiled.set(pattern, known);
  return known.test(text) && !known.test('plain words');
}

function anyText(schema: JsonSchema, dice: Dice): string {
  const word = dice.oneIn(2) ? `fuzz-${dice.below(50)}` : dice.pick(words);
  const max = schema.maxLength ?? 64;
  const text = dice.oneIn(20) ? word.repeat(Math.ceil(max / word.length)) : word;
  return text.slice(0, max);
}
