import { expect, test } from 'vitest';
import { deskProblemCodes, serverProblemCodes } from '../shared/errors.ts';
import { events } from '../shared/ipc.ts';
import { PauseReason } from '../shared/ipc-campaigns.ts';
import { Language } from '../shared/ipc-words.ts';
import { TransactionKind } from '../shared/api.ts';
import en from '../shared/messages/en-US/desk.json' with { type: 'json' };
import zh from '../shared/messages/zh-CN/desk.json' with { type: 'json' };
import { wordOr, wordsIn } from './messages.ts';

function leaves(tree: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(path + key, value);
    else for (const [name, text] of leaves(value as object, `${path}${key}.`)) found.set(name, text);
  }
  return found;
}
const placeholders = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();

test('both languages have the same keys and each message the same placeholders', () => {
  const chinese = leaves(zh);
  const english = leaves(en);
  expect([...english.keys()].toSorted()).toEqual([...chinese.keys()].toSorted());
  const unequal = [...chinese].filter(
    ([key, text]) => placeholders(english.get(key) ?? '').join() !== placeholders(text).join(),
  );
  expect(unequal).toEqual([]);
});

test('every problem code, transaction kind, notice and pause reason has words, and no other has', () => {
  expect(Object.keys(zh.problem).toSorted()).toEqual([...serverProblemCodes, ...deskProblemCodes].toSorted());
  expect(Object.keys(zh.kind).toSorted()).toEqual(TransactionKind.options.toSorted());
  expect(Object.keys(zh.notice).toSorted()).toEqual(events.notice.shape.kind.options.toSorted());
  expect(Object.keys(zh.pauseReason).toSorted()).toEqual(PauseReason.options.toSorted());
});

test('a message is filled as it is, without escaping, and can name a reason', () => {
  expect(wordsIn('zh-CN')('notice.campaign_paused', { name: '<春>', reason: 'user' })).toBe(
    '任务“<春>”已暂停：由你暂停。',
  );
  expect(Language.options.map((language) => wordOr(language, 'platform', 'douyin'))).toEqual([
    '抖音',
    'Douyin',
  ]);
  expect(wordOr('zh-CN', 'platform', 'kuaishou')).toBe('kuaishou');
  expect(() => wordsIn('en-US')('problem.no_such_code')).toThrow(RangeError);
});
