/** Publishing over HTTP, whatever is published: at once, or once a second person has said yes. */
import type { Asking, Waits } from '../asking.ts';
import type { Database } from '../database/database.ts';
import { refuse, type Refused } from '../ledger/refusal.ts';
import { addVersion, type Published } from '../published.ts';

/** What stands beside the content in a request. */
interface Beside {
  readonly madeFrom?: number | undefined;
  readonly reason?: string | undefined;
}

/** Returns what answers a request to publish, by the account `by`. */
export function publisher(deps: {
  readonly database: Database;
  readonly clock: () => number;
  readonly asking: Asking;
}) {
  const { database, clock, asking } = deps;
  return async <Content extends object, Version extends { readonly version: number }>(
    kind: Published<Content, Version>,
    content: Content,
    { madeFrom, reason }: Beside,
    by: string,
  ): Promise<{ readonly status: 200; readonly body: Version } | Waits | Refused> => {
    // Of what waits, the problems are told to whoever asks, not only to whoever approves.
    const errors = kind.problemsOf(content);
    if (errors.length > 0) return refuse('validation_failed', { errors });
    const waits = await asking.publishing(kind, content, { askedBy: by, madeFrom, reason });
    if (waits !== null) return waits;
    const published = await database.transaction((tx) =>
      addVersion(tx, kind, content, { accountId: by, nowMs: clock(), madeFrom }),
    );
    return 'refused' in published ? published : { status: 200, body: published };
  };
}
