/**
 * Reads the page's sources as the compiler does and proves that no word of the page stands outside the message files:
 * no text between tags, and none in an attribute that people see or hear. A planted offender of each kind is found.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
/** Attributes that are shown or spoken, of elements and of the page's own components. */
const spoken = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-placeholder',
  'aria-roledescription',
  'aria-valuetext',
  'cancel',
  'confirm',
  'hint',
  'label',
  'placeholder',
  'suffix',
  'text',
  'title',
  'validationMessage',
]);
/** The same in every language. */
const wordless = new Set(['¥', '–', '—', '…', '/', '·', 'name@example.com', 'https://billing.example.com']);

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

const hasLetters = (text: unknown): text is string =>
  typeof text === 'string' && /\p{L}/u.test(text) && !wordless.has(text.trim());

/** The texts that an expression would show by itself: literals, and the branches and parts of what chooses between them. */
function shownBy(value: unknown): string[] {
  if (!isNode(value)) return [];
  switch (value.type) {
    case 'Literal':
      return hasLetters(value['value']) ? [value['value']] : [];
    case 'TemplateLiteral':
      return (value['quasis'] as Node[])
        .map((part) => (part['value'] as { cooked: string }).cooked)
        .filter(hasLetters);
    case 'JSXExpressionContainer':
      return shownBy(value['expression']);
    case 'ConditionalExpression':
      return [...shownBy(value['consequent']), ...shownBy(value['alternate'])];
    case 'LogicalExpression':
    case 'BinaryExpression':
      return value['operator'] === '+' || value.type === 'LogicalExpression'
        ? [...shownBy(value['left']), ...shownBy(value['right'])]
        : [];
    default:
      return [];
  }
}

function offences(node: Node): string[] {
  const found: string[] = [];
  if (node.type === 'JSXText' && hasLetters(node['value'])) found.push(node['value'].trim());
  if (node.type === 'JSXElement' || node.type === 'JSXFragment')
    for (const child of node['children'] as Node[])
      if (child.type === 'JSXExpressionContainer') found.push(...shownBy(child));
  if (node.type === 'JSXAttribute' && spoken.has(String((node['name'] as Node)['name'])))
    found.push(...shownBy(node['value']));
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) found.push(...offences(child));
  return found;
}

function stringsOf(file: string, source: string): string[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message}`);
  return offences(program as unknown as Node).map((text) => `${file}: ${text}`);
}

describe('the page', () => {
  it('holds no word that is not in the message files', () => {
    const files = globSync('renderer/**/*.tsx', { cwd: root }).filter((file) => !file.includes('.test.'));
    expect(files.length).toBeGreaterThan(50);
    const found = files.flatMap((file) => stringsOf(file, readFileSync(join(root, file), 'utf8')));
    expect(found).toEqual([]);
  });

  it.each([
    ['text between tags', '<p>Hello</p>'],
    ['a literal between tags', "<p>{'Hello'}</p>"],
    ['one of two', "<p>{good ? 'Hello' : t('x')}</p>"],
    ['text that depends', "<p>{good && 'Hello'}</p>"],
    ['an attribute', '<p title="Hello" />'],
    ['an attribute of a component', "<Field label={'Hello'} />"],
    ['a filled-in sentence', '<p aria-label={`Hello ${name}`} />'],
    ['Chinese', '<p>你好</p>'],
  ])('would be found to hold %s', (_name, code) => {
    expect(stringsOf('planted.tsx', `export const a = ${code};`)).toHaveLength(1);
  });

  it('may hold what is no word, and names that nobody sees', () => {
    expect(
      stringsOf('planted.tsx', "export const a = <p className='big' role='status'>¥{t('x')} – 1</p>;"),
    ).toEqual([]);
  });
});
