import exceljs from 'exceljs';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { targetsMax } from '../../shared/ipc-campaigns.ts';
import { readTargetList } from './targets-reader.ts';
import { readTargets, type TargetsResult } from './targets.ts';

const bytes = (text: string, encoding = 'utf8', addBOM = false): Uint8Array =>
  iconv.encode(text, encoding, { addBOM });
const file = (content: Uint8Array | string, fileName = 'targets.csv'): Promise<TargetsResult> =>
  readTargets({ kind: 'file', fileName, bytes: typeof content === 'string' ? bytes(content) : content });
const pasted = (text: string): Promise<TargetsResult> => readTargets({ kind: 'text', text });

function read(result: TargetsResult) {
  if (!result.ok) throw new Error(`refused: ${result.problem.code}`);
  const { good, duplicates, bad, lines } = result.report;
  expect(good + duplicates + bad).toBe(lines);
  expect(result.targets.length).toBe(good);
  return result;
}
function refusal(result: TargetsResult) {
  return result.ok ? 'not refused' : { code: result.problem.code, params: result.problem.params };
}

test.each([
  ['utf-8', bytes('用户ID,备注\n小红1,甲\n', 'utf8')],
  ['utf-8', bytes('用户ID,备注\n小红1,甲\n', 'utf8', true)],
  ['utf-16le', bytes('用户ID,备注\r\n小红1,甲\r\n', 'utf-16le', true)],
  ['utf-16be', bytes('用户ID,备注\r\n小红1,甲\r\n', 'utf-16be', true)],
  ['gb18030', bytes('用户ID,备注\r\n小红1,甲\r\n', 'gbk')],
  ['gb18030', bytes('用户ID,备注\n小红1,𠮷\n', 'gb18030')],
])('a table in %s is read with its Chinese intact', async (encoding, content) => {
  const { targets, report } = read(await file(content));
  expect(targets).toEqual(['小红1']);
  expect(report.encoding).toBe(encoding);
});

test('each line that is left out is told with its line, reason and the line it repeats', async () => {
  const long = 'x'.repeat(201);
  const { targets, report } = read(
    await file(`id,name\nu1,a\n\nu2,b\nu1,c\n,d\n${long},e\nu\u200b3,f\nu 4,g\n=cmd(),h\n  u5  ,i\n,,\n`),
  );
  expect(targets).toEqual(['u1', 'u2', 'u5']);
  expect(report.problems).toEqual([
    { line: 5, text: 'u1', reason: 'duplicate', firstLine: 2 },
    { line: 6, text: '', reason: 'empty_id' },
    { line: 7, text: `${'x'.repeat(79)}…`, reason: 'too_long' },
    { line: 8, text: 'u\u200b3', reason: 'control_characters' },
    { line: 9, text: 'u 4', reason: 'bad_characters' },
    { line: 10, text: '=cmd()', reason: 'bad_characters' },
  ]);
});

test('quoted cells keep delimiters and line breaks, and later lines keep their true numbers', async () => {
  const { targets, report } = read(
    await file('note,user_id\n"two\nlines, one cell",u1\n"x ""y""",u2\nz,u2\n'),
  );
  expect(targets).toEqual(['u1', 'u2']);
  expect(report.problems).toEqual([{ line: 5, text: 'u2', reason: 'duplicate', firstLine: 4 }]);
});

test.each([
  ['at the end', 'id,n\nu1,a\n"u2,b\nu3,c\n', ['u1', 'u3'], [3]],
  ['closed by a later one', 'id,n\n"u1,a\nu2,b\n"u3,c\nu4,d\n', ['u2', 'u4'], [2, 4]],
])('a quote left open %s costs its own line only', async (_where, text, good, badLines) => {
  const { targets, report } = read(await file(text));
  expect(targets).toEqual(good);
  expect(report.problems.map(({ line, reason }) => [line, reason])).toEqual(
    badLines.map((line) => [line, 'malformed']),
  );
});

test.each([
  ['semicolons', 'name;target\na;u1\nb;u2'],
  ['tabs', 'name\tuserId\na\tu1\nb\tu2'],
  ['commas and old Mac line ends', 'name,用户\ra,u1\rb,u2'],
  ['a header that names two columns', 'id,user id\n1,u1\n2,u2'],
  ['no header at all', 'u1,a\nu2,b'],
])('the target column is found with %s', async (_what, text) => {
  expect(read(await file(text)).targets).toEqual(['u1', 'u2']);
});

test('a plain list has one id a line, and a comma in it is a fault rather than a column', async () => {
  const { targets, report } = read(await file('用户ID\nu1\r\nu2,u3\nu4', 'list.txt'));
  expect(targets).toEqual(['u1', 'u4']);
  expect(report.problems).toEqual([{ line: 3, text: 'u2,u3', reason: 'bad_characters' }]);
});

test('pasted text is a list, or a table when it comes out of a spreadsheet', async () => {
  expect(read(await pasted(' u1 \n\n@u2\n用户.3')).targets).toEqual(['u1', '@u2', '用户.3']);
  expect(read(await pasted('小王\tu1\n小李\tu2')).targets).toEqual(['小王', '小李']);
  expect(read(await pasted('name\t用户 ID\n小王\tu1')).report).toMatchObject({ fileName: null, good: 1 });
});

test('empty, binary, broken and hopeless files are refused by name', async () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 73, 72, 68, 82]);
  expect(refusal(await file(''))).toEqual({ code: 'targets_empty', params: {} });
  expect(refusal(await file('\ufeff\n \n,\n'))).toEqual({ code: 'targets_empty', params: {} });
  expect(refusal(await file('用户ID\n'))).toEqual({ code: 'targets_empty', params: {} });
  expect(refusal(await file(png))).toEqual({ code: 'targets_unreadable', params: {} });
  expect(refusal(await file(bytes('PK\u0003\u0004 not a workbook'), 'a.xlsx'))).toEqual({
    code: 'targets_unreadable',
    params: {},
  });
  expect(refusal(await pasted('a b\nc d'))).toEqual({ code: 'targets_no_good_line', params: { lines: '2' } });
});

test('a file that only claims to be a text is not read as one', async () => {
  const random = Uint8Array.from({ length: 4_000 }, (_, index) => 1 + ((index * 7919 + 13) % 255));
  expect(refusal(await file(random, 'a.txt'))).toEqual({ code: 'targets_unreadable', params: {} });
});

async function workbook(rows: unknown[][]): Promise<Uint8Array> {
  const book = new exceljs.Workbook();
  const sheet = book.addWorksheet('目标');
  sheet.addRows(rows);
  return new Uint8Array(await book.xlsx.writeBuffer());
}

test('a workbook gives whole numbers as digits, and refuses ids that the spreadsheet has rounded', async () => {
  const { targets, report } = read(
    await file(
      await workbook([
        ['日期', '用户ID'],
        [new Date(0), 123_456_789_012_345],
        [new Date(0), 'text-id'],
        [new Date(0), { richText: [{ text: 'rich' }, { text: '-id' }] }],
        [],
        [new Date(0), 1_234_567_890_123_456_789n.toString()],
        [new Date(0), Number('1234567890123456789')],
        [new Date(0), 1.5],
        [new Date(0), { formula: 'A1&"x"', result: 'from-formula' }],
        [new Date(0), new Date(0)],
      ]),
      'targets.xlsx',
    ),
  );
  expect(targets).toEqual(['123456789012345', 'text-id', 'rich-id', '1234567890123456789', 'from-formula']);
  expect(report.encoding).toBe('xlsx');
  expect(report.problems.map(({ line, reason }) => [line, reason])).toEqual([
    [7, 'malformed'],
    [8, 'malformed'],
    [10, 'malformed'],
  ]);
});

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, index) => `user_${index},note ${index}`).join('\n');

test('100,000 targets are taken in the worker and one more is refused with both numbers', async () => {
  const most = await readTargetList({
    kind: 'file',
    fileName: 'a.csv',
    bytes: bytes(numbered(targetsMax)),
  });
  expect(read(most).targets[targetsMax - 1]).toBe(`user_${targetsMax - 1}`);
  const tooMany = await file(numbered(targetsMax + 1));
  expect(refusal(tooMany)).toEqual({
    code: 'targets_too_many',
    params: { max: '100000', count: '100001' },
  });
});

test('a pasted list is read the same, whether it is short or long', async () => {
  for (const count of [3, 3_000]) {
    const text = Array.from({ length: count }, (_, index) => `user_${index}`).join('\n');
    const { targets, report } = read(await readTargetList({ kind: 'text', text }));
    expect([targets.length, report.fileName, report.encoding]).toEqual([count, null, 'utf-8']);
  }
});

test('at most 200 problems are told, and all are counted', async () => {
  const { report } = read(await pasted(`u1\n${'u1\n'.repeat(500)}`));
  expect([report.duplicates, report.problems.length, report.problems[199]?.line]).toEqual([500, 200, 201]);
});
