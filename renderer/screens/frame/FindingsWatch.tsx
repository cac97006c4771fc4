/**
 * Counts the findings that nobody has seen, for whoever is to look at them; the server tells when that changes. It draws
 * nothing: what shows the count reads it in state/findings.ts.
 */
import { useEffect } from 'react';
import { endpoints, mayCall } from '../../../shared/endpoints.ts';
import { useAnswer } from '../../state/ask.ts';
import { noteUnseenFindings } from '../../state/findings.ts';
import { useEngineIsThere, useRole } from '../../state/mirror.ts';

const firstUnseen = { query: { unseen: 'true', limit: 1 } } as const;

export function FindingsWatch(): null {
  const role = useRole();
  const isThere = useEngineIsThere();
  const mine = isThere && role !== undefined && mayCall(endpoints.seeFinding, role);
  const { body } = useAnswer('findings', mine ? firstUnseen : null, 'findings');
  const unseen = mine ? (body?.unseen ?? 0) : 0;
  useEffect(() => noteUnseenFindings(unseen), [unseen]);
  // Whoever signs in next may not be told.
  useEffect(() => () => noteUnseenFindings(0), []);
  return null;
}
