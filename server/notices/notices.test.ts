import { expect, test } from 'vitest';
import en from '../../shared/messages/en-US/mail.json' with { type: 'json' };
import zh from '../../shared/messages/zh-CN/mail.json' with { type: 'json' };
import { openDatabase } from '../database/database.ts';
import { mailText } from './mail-text.ts';
import { testNotices } from './notices-suite.ts';

testNotices(() => openDatabase({}));

const alert = {
  id: '019aa000-0000-7000-8000-000000000000',
  kind: 'low_balance' as const,
  available: '-1330.68',
  threshold: '100.00',
  at: '2026-11-20T18:00:00.000Z',
};

test('a mail tells name, amounts and local time, Chinese first, and a name cannot add a header', () => {
  const { subject, text } = mailText(alert, { name: '甲\r\nBcc: x@y.example', timeZone: 'Asia/Shanghai' });
  expect(subject).toBe('账台：甲 Bcc: x@y.example 余额不足（-¥1,330.68）');
  expect(text).toMatch(/^账台[^]*2026年11月21日 02:00[^]*Zhangtai[^]*¥100\.00[^]*Nov 21, 2026/);
});

const names = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();

test('both languages have the same placeholders, and none is left open', () => {
  for (const part of ['subject', 'text'] as const)
    expect(names(en.lowBalance[part])).toEqual(names(zh.lowBalance[part]));
  for (const part of Object.keys(zh.findings) as (keyof typeof zh.findings)[])
    expect(names(en.findings[part])).toEqual(names(zh.findings[part]));
  const { subject, text } = mailText(alert, { name: 'A', timeZone: 'UTC' });
  expect(subject + text).not.toMatch(/\{\{|lowBalance/);
});
