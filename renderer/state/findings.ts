/**
 * How many findings nobody has seen, for whoever is to look at them; the server tells when that changes. It is asked of the
 * server each time and kept nowhere.
 */
import { endpoints, mayCall } from '../../shared/endpoints.ts';
import { useAnswer } from './ask.ts';
import { useEngineIsThere, useRole } from './mirror.ts';

const firstUnseen = { query: { unseen: 'true', limit: 1 } } as const;

/** 0 also for those who only read, and until it is known. */
export function useUnseenFindings(): number {
  const role = useRole();
  const isThere = useEngineIsThere();
  const mine = isThere && role !== undefined && mayCall(endpoints.seeFinding, role);
  const { body } = useAnswer('findings', mine ? firstUnseen : null, 'findings');
  return mine ? (body?.unseen ?? 0) : 0;
}
