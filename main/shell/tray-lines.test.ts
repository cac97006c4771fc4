import { expect, test } from 'vitest';
import type { BalanceState, SyncState } from '../../shared/ipc-desk.ts';
import { trayLines } from './tray-lines.ts';

const sync = (part: Partial<SyncState>): SyncState => ({
  online: true,
  running: false,
  lastSyncedAt: null,
  lastProblem: null,
  pendingCount: 0,
  pendingAmount: '0.00',
  attentionCount: 0,
  reserve: null,
  drift: null,
  numbers: null,
  ...part,
});
const side = { seq: 1, head: 'a'.repeat(64), balance: '1.00' };
const drift = { local: side, server: side, difference: '0.10', confirmedAt: null };

test.each([
  [null, '还没有同步'],
  [sync({ online: null }), '还没有同步'],
  [sync({}), '在线，已同步'],
  [sync({ pendingCount: 3 }), '在线，3 笔待同步'],
  [sync({ online: false }), '离线'],
  [sync({ online: false, pendingCount: 2 }), '离线，2 笔待同步'],
  [sync({ online: false, attentionCount: 1 }), '有计费需要处理'],
  [sync({ attentionCount: 1, drift }), '账目不一致，请核对'],
  [sync({ drift: { ...drift, confirmedAt: '2026-01-01T00:00:00.000Z' } }), '在线，已同步'],
])('The most urgent thing is said: %#', (state, line) => {
  expect(trayLines('zh-CN', { balance: null, sync: state }).sync).toBe(line);
});

test('The balance is what may be relied on, and a low one says so, in the language of the settings', () => {
  const balance = { available: '12.30', low: false } as BalanceState;
  expect(trayLines('zh-CN', { balance: null, sync: null }).balance).toBe('未登录');
  expect(trayLines('zh-CN', { balance, sync: null }).balance).toBe('可用余额 ¥12.30');
  expect(trayLines('en-US', { balance: { ...balance, low: true }, sync: null }).balance).toBe(
    'Available ¥12.30 (low)',
  );
});
