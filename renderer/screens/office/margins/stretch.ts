/** Which margins are looked at: rows of what, and of which days; and how the server is asked for them. */
import { dayBefore } from '../../../format.ts';

export type MarginsBy = 'product' | 'model' | 'user' | 'day';

/** Both days included. */
export interface Stretch {
  readonly fromDay: string;
  readonly toDay: string;
}

export function marginsQuery(by: MarginsBy, { fromDay, toDay }: Stretch) {
  return { by, from: fromDay, until: dayBefore(toDay, -1) };
}
