/**
 * What a mail about findings tells, as it waits to be sent: figures, and accounts by their ids alone. It must never hold
 * what a person is called.
 */
import { z } from 'zod';
import { LocalName } from '../../shared/api-selling.ts';
import { Instant } from '../../shared/api-words.ts';
import { OverBudget, Unusual } from '../../shared/api-finance.ts';

const ToldFinding = z.discriminatedUnion('kind', [
  Unusual.omit({ accountName: true, history: true }),
  OverBudget,
]);
export type ToldFinding = z.infer<typeof ToldFinding>;
export const ToldFindings = z.object({
  kind: z.literal('findings'),
  at: Instant,
  findings: z.array(ToldFinding).min(1),
  /** Of products and providers, by their ids. */
  names: z.record(z.string(), LocalName),
});
export type ToldFindings = z.infer<typeof ToldFindings>;

/** Findings that one mail tells of at most. */
export const findingsTogetherMax = 50;
