/**
 * A document that finance publishes by versions (the catalogue, the price book, the models), as forms see it: lists of
 * items, and of each item which fields it has and what may stand in them. Pure; what is typed stays text until it is
 * kept, so that nothing that somebody typed is ever lost for being wrong.
 */
import type { z } from 'zod';
import { typedAmount } from '../../../../format.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };
/** One entry of a list, as the contract has it. */
export type Item = { readonly [name: string]: Json | undefined };
/** A whole document: its lists, and settings beside them. */
export type Content = { readonly [name: string]: Json | undefined };
/** The same shape with what was typed at its ends. */
export type Typed = string | readonly Typed[] | { readonly [name: string]: Typed };

interface FieldHead {
  /** Where it stands in the item: `price`, `name.zh-CN`; of a row that is no object, ``. */
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
  /** Left out of the item while it is empty. */
  readonly optional?: boolean;
  /** Kept as it is: no form asks for it, and a difference in it is none. */
  readonly formless?: boolean;
  /** Whether the item has it, given what else was typed. */
  readonly when?: (typed: Typed) => boolean;
}

export interface LineField extends FieldHead {
  readonly kind:
    | 'text'
    | 'id'
    | 'asset'
    | 'money'
    | 'price'
    | 'units'
    | 'count'
    | 'multiplier'
    | 'instant'
    | 'choice'
    | 'number_choice';
  readonly suffix?: string;
  /** Of a choice: what may be chosen, and its words. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  /** How it reads where it is not edited; absent: as it stands. */
  readonly show?: (value: Json) => string;
}

/** Lines of their own within an item, such as the tiers of a price. */
export interface RowsField extends FieldHead {
  readonly kind: 'rows';
  readonly fields: readonly LineField[];
  readonly blank: Typed;
  readonly max: number;
  readonly add: string;
}

export type Field = LineField | RowsField;

export interface ListSpec {
  /** Its name in the document. */
  readonly path: string;
  readonly title: string;
  /** What one of its items is called. */
  readonly one: string;
  readonly fields: readonly Field[];
  readonly schema: z.ZodType;
  readonly blank: Typed;
  /** What makes an item the same in two versions. */
  readonly keyOf: (item: Item) => string;
  readonly nameOf: (item: Item) => string;
  readonly columns: readonly {
    readonly key: string;
    readonly header: string;
    readonly width: string;
    readonly end?: boolean;
    readonly fromTablePx?: number;
    readonly cell: (item: Item) => string;
  }[];
}

export interface DocumentSpec {
  readonly lists: readonly ListSpec[];
  /** Beside the lists. */
  readonly settings: readonly LineField[];
}

// ── Places ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What stands at a place of an item or of what was typed. */
export function at<T>(value: T, path: string): T | undefined {
  let found: unknown = value;
  for (const name of path === '' ? [] : path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, name);
  }
  return found as T | undefined;
}

/** The same with something else at that place; objects that lead there are made. */
export function withAt(value: Typed | undefined, path: string, end: Typed): Typed {
  if (path === '') return end;
  const [name = '', ...rest] = path.split('.');
  if (isRows(value)) return value.with(Number(name), withAt(value[Number(name)], rest.join('.'), end));
  const before = typeof value === 'object' ? value : {};
  return { ...before, [name]: withAt(before[name], rest.join('.'), end) };
}

export function isRows(value: Typed | undefined): value is readonly Typed[] {
  return Array.isArray(value);
}

export function textAt(typed: Typed, path: string): string {
  const found = at(typed, path);
  return typeof found === 'string' ? found : '';
}

export function rowsAt(typed: Typed, path: string): readonly Typed[] {
  const found = at(typed, path);
  return isRows(found) ? found : [];
}

export function itemsOf(content: Content, { path }: Pick<ListSpec, 'path'>): readonly Item[] {
  const list = content[path];
  return Array.isArray(list) ? (list as readonly Item[]) : [];
}

// ── Typed and kept ──────────────────────────────────────────────────────────────────────────────────────────

/** An item as its form begins with it. */
export function typedOf(item: Json, fields: readonly Field[]): Typed {
  let typed: Typed = {};
  for (const field of fields) {
    const value = at(item, field.path);
    if (field.kind !== 'rows') typed = withAt(typed, field.path, textOf(value));
    else {
      const rows = Array.isArray(value) ? (value as readonly Json[]) : [];
      typed = withAt(
        typed,
        field.path,
        rows.map((row) => typedOf(row, field.fields)),
      );
    }
  }
  return typed;
}

/** A value as text; of what is neither text nor number there is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** What was typed, as the contract would have it; what cannot be one stays as it was typed, for the schema to refuse. */
export function itemOf(typed: Typed, fields: readonly Field[]): Json {
  let item: unknown = {};
  for (const field of fields) {
    if (field.when?.(typed) === false) continue;
    const value =
      field.kind === 'rows'
        ? rowsAt(typed, field.path).map((row) => itemOf(row, field.fields))
        : valueOf(textAt(typed, field.path).trim(), field.kind);
    if (field.optional === true && value === '') continue;
    // The same walk as for what is typed: values of other kinds stand at the ends.
    item = withAt(item as Typed, field.path, value as Typed);
  }
  return item as Json;
}

function valueOf(text: string, kind: LineField['kind']): Json {
  switch (kind) {
    case 'count':
    case 'number_choice':
      return /^\d{1,12}$/.test(plain(text)) ? Number(plain(text)) : text;
    case 'money':
      return text === '' ? '' : (typedAmount(text) ?? text);
    case 'units':
    case 'price':
      return plain(text);
    default:
      return text;
  }
}

/** Digits without what people put between them. */
function plain(text: string): string {
  return text.replace(/[\s,，]/g, '');
}

/** The places that the schema refuses, of an item or of a whole document. */
export function wrongPlaces(value: Json, schema: z.ZodType): ReadonlySet<string> {
  const { error } = schema.safeParse(value);
  return new Set(error?.issues.map(({ path }) => path.join('.')) ?? []);
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────

export function shown(field: LineField, value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '—';
  if (field.show !== undefined) return field.show(value);
  if (field.options !== undefined)
    return field.options.find((option) => option.value === textOf(value))?.label ?? textOf(value);
  return textOf(value);
}

/** A field that is a line, or one of a row, with the place where it stands. */
export interface Line {
  readonly path: string;
  readonly label: string;
  readonly text: string;
}

/** Everything that an item says, a line each. */
export function linesOf(item: Item, fields: readonly Field[]): readonly Line[] {
  return fields.flatMap((field): Line[] => {
    const value = at<Json>(item, field.path);
    if (field.kind !== 'rows')
      return value === undefined && (field.optional === true || field.when !== undefined)
        ? []
        : [{ path: field.path, label: field.label, text: shown(field, value) }];
    const rows = Array.isArray(value) ? (value as readonly Json[]) : [];
    return rows.map((row, index) => ({
      path: `${field.path}.${index}`,
      label: field.label,
      text: field.fields.map((inner) => shown(inner, at<Json>(row, inner.path))).join(' · '),
    }));
  });
}

export interface Change {
  readonly list: string;
  readonly name: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly lines: readonly {
    readonly label: string;
    /** Null: it was not there. */
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

/** What differs between two versions, list by list. */
export function changesBetween(
  { lists, settings }: DocumentSpec,
  before: Content,
  after: Content,
  settingsTitle: string,
): readonly Change[] {
  const changes = lists.flatMap((list) => listChanges(list, itemsOf(before, list), itemsOf(after, list)));
  const set = settings.flatMap((field) => {
    const [was, is] = [shown(field, before[field.path]), shown(field, after[field.path])];
    return was === is ? [] : [{ label: field.label, before: was, after: is }];
  });
  if (set.length === 0) return changes;
  return [{ list: settingsTitle, name: settingsTitle, kind: 'changed', lines: set }, ...changes];
}

function listChanges(list: ListSpec, before: readonly Item[], after: readonly Item[]): Change[] {
  const was = new Map(before.map((item) => [list.keyOf(item), item]));
  const is = new Map(after.map((item) => [list.keyOf(item), item]));
  const changes: Change[] = [];
  for (const [key, item] of is) {
    const earlier = was.get(key);
    const lines = lineChanges(list.fields, earlier, item);
    if (lines.length > 0)
      changes.push({
        list: list.title,
        name: list.nameOf(item),
        kind: earlier === undefined ? 'added' : 'changed',
        lines,
      });
  }
  for (const [key, item] of was)
    if (!is.has(key)) changes.push({ list: list.title, name: list.nameOf(item), kind: 'removed', lines: [] });
  return changes;
}

function lineChanges(all: readonly Field[], before: Item | undefined, after: Item): Change['lines'] {
  const fields = all.filter(({ formless }) => formless !== true);
  const was = new Map((before === undefined ? [] : linesOf(before, fields)).map((line) => [line.path, line]));
  const is = new Map(linesOf(after, fields).map((line) => [line.path, line]));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((path) => {
    const [earlier, later] = [was.get(path), is.get(path)];
    if (earlier?.text === later?.text) return [];
    return [
      {
        label: (later ?? earlier)?.label ?? '',
        before: earlier?.text ?? null,
        after: later?.text ?? null,
      },
    ];
  });
}

/**
 * A draft on top of a version that others published meanwhile: what they changed is taken over, and what the draft changes of
 * the version that it was begun from stays as it is in the draft.
 */
export function onTopOf(
  newest: Content,
  { lists, settings }: DocumentSpec,
  { begunFrom, draft }: { readonly begunFrom: Content; readonly draft: Content },
): Content {
  const taken: Record<string, Json | undefined> = { ...draft };
  for (const { path } of settings) if (isSame(draft[path], begunFrom[path])) taken[path] = newest[path];
  for (const list of lists) {
    const byKey = (content: Content) =>
      new Map(itemsOf(content, list).map((item) => [list.keyOf(item), item] as const));
    const [was, theirs, mine] = [byKey(begunFrom), byKey(newest), byKey(draft)];
    taken[list.path] = [
      ...itemsOf(draft, list).flatMap((item) => {
        const key = list.keyOf(item);
        if (!isSame(item, was.get(key))) return [item];
        const their = theirs.get(key);
        return their === undefined ? [] : [their];
      }),
      ...itemsOf(newest, list).filter((item) => {
        const key = list.keyOf(item);
        return !mine.has(key) && !was.has(key);
      }),
    ];
  }
  return taken;
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A place of the whole document in words: which item of which list, and which of its fields. */
export function placeInWords(
  { lists, settings }: DocumentSpec,
  content: Content,
  path: string,
): readonly string[] {
  const [name = '', index, ...rest] = path.split('.');
  const list = lists.find((one) => one.path === name);
  if (list === undefined) return settings.filter((one) => one.path === name).map(({ label }) => label);
  const item = itemsOf(content, list)[Number(index)];
  const inner = rest.join('.');
  const field = list.fields.find((one) => inner === one.path || inner.startsWith(`${one.path}.`));
  return [
    list.title,
    ...(item === undefined ? [] : [list.nameOf(item)]),
    ...(field === undefined ? [] : [field.label]),
  ];
}
