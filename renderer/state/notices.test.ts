import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { fetchContract } from '../bridge.ts';
import { followNotices, noteShown, toldNotices } from './notices.ts';

const notice = (id: string) => ({ id, kind: 'data_damaged' as const, params: {} });
const first = '018f0000-0000-7000-8000-000000000001';
const second = '018f0000-0000-7000-8000-000000000002';

beforeAll(fetchContract);
afterEach(() => {
  toldNotices.setState([], true);
  vi.unstubAllGlobals();
});

test('What is told before the page can show it is kept for it, in order, until it was shown', () => {
  const listeners: ((name: string, payload: unknown) => void)[] = [];
  vi.stubGlobal('window', {
    desk: {
      shell: 'web',
      subscribe: (listener: (typeof listeners)[number]) => {
        listeners.push(listener);
        return () => undefined;
      },
    },
  });
  followNotices();
  for (const listener of listeners) listener('notice', notice(first));
  const told = toldNotices.getState();
  for (const listener of listeners) listener('notice', notice(second));
  expect(toldNotices.getState().map(({ id }) => id)).toEqual([first, second]);
  // What comes while others are being shown is not lost with them.
  noteShown(told);
  expect(toldNotices.getState().map(({ id }) => id)).toEqual([second]);
});
