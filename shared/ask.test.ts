import { describe, expect, it } from 'vitest';
import { Question } from './ask.ts';

const id = '0190a3b0-0000-7000-8000-000000000001';

function pathsOf(question: unknown): readonly string[] {
  return Question.safeParse(question).error?.issues.map(({ path }) => path.join('.')) ?? [];
}

describe('a question to the server', () => {
  it('is taken as the endpoint has it', () => {
    expect(pathsOf({ endpoint: 'quotas' })).toEqual([]);
    expect(pathsOf({ endpoint: 'usages', query: { limit: 20 } })).toEqual([]);
    expect(pathsOf({ endpoint: 'renewMembership', body: { id } })).toEqual([]);
  });

  it('names the part and the field that are wrong', () => {
    expect(pathsOf({ endpoint: 'renewMembership', body: { id: 'none' } })).toEqual(['body.id']);
    expect(pathsOf({ endpoint: 'renewMembership' })).toEqual(['body']);
    expect(pathsOf({ endpoint: 'usages', query: { limit: 0 } })).toEqual(['query.limit']);
  });

  it('carries nothing that the endpoint does not take', () => {
    expect(pathsOf({ endpoint: 'quotas', body: {} })).toEqual(['body']);
  });

  it.each(['balance', 'chargeBatch', 'transactions', 'login', 'nothing'])('is not about %s', (endpoint) => {
    expect(pathsOf({ endpoint, body: { id } })).toContain('endpoint');
  });
});
