import { expect, test } from 'vitest';
import { endpoints, type Endpoint } from '../../../../shared/endpoints.ts';
import { actions } from './actions.ts';

test('every act of the office can be looked for by its name', () => {
  const acts = Object.entries<Endpoint>(endpoints)
    .filter(([, { allow, method }]) => typeof allow !== 'string' && method !== 'GET')
    .map(([name]) => name);
  expect(acts.filter((name) => !(actions as readonly string[]).includes(name))).toEqual([]);
});
