/**
 * Carries each account's events from the ledger's table to whoever listens on this process. A posting writes its
 * events in its own transaction, on whichever process; here they are only read, in order, by number. It polls,
 * for all listeners with one query, and is nudged when this process has posted something. A change of prices is
 * everybody's, and how many findings nobody has seen the office's: they have no number, so whoever was away asks when he is
 * back.
 */
import type { Queryable } from '../database/database.ts';

export interface AccountEvent {
  /** The account's own running number of events, from 1; null of what is told to everybody, or to the office. */
  readonly n: bigint | null;
  readonly kind: string;
  readonly body: unknown;
}

export interface Listener {
  /** Whether what is told to the office is for it. */
  readonly isOffice: boolean;
  /** Takes one event; events of an account come in the order of their numbers, each once. */
  readonly receive: (event: AccountEvent) => void;
  /** The feed has stopped; nothing more will come. */
  readonly end: () => void;
}

export interface EventFeed {
  /** Listens from after event `afterN`, or from now on when null. Returns what stops it. */
  listen(accountId: string, afterN: bigint | null, listener: Listener): Promise<() => void>;
  /** Something was posted here: look now, not at the next interval. */
  nudge(): void;
  stop(): void;
}

/** Milliseconds between two looks while somebody listens: how late an event of another process may come. */
const pollEveryMs = 1_000;
/** Events of one account that one look takes; when there are more the next look follows at once. */
const eventsPerLookMax = 200;

interface Subscription {
  readonly accountId: string;
  readonly listener: Listener;
  afterN: bigint;
}

interface EventRow {
  readonly account_id: string;
  readonly n: bigint;
  readonly kind: string;
  readonly body: unknown;
}

export interface EventFeedOptions {
  readonly database: Queryable;
  /** The version of the price book in force; null before the first. */
  readonly pricingVersion: () => Promise<number | null>;
  /** How many findings nobody has seen. Asked only while somebody of the office listens. */
  readonly unseenFindings: () => Promise<number>;
  readonly onError: (error: unknown) => void;
}

export function createEventFeed({
  database,
  pricingVersion,
  unseenFindings,
  onError,
}: EventFeedOptions): EventFeed {
  /** Undefined while nobody listens. */
  let toldVersion: number | null | undefined;
  /** Undefined while nobody of the office listens. */
  let toldUnseen: number | undefined;
  const subscriptions = new Set<Subscription>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let lookAgain = false;
  let stopped = false;

  const lookAtPrices = async (): Promise<void> => {
    const version = await pricingVersion();
    if (toldVersion !== undefined && version !== toldVersion)
      for (const { listener } of subscriptions)
        listener.receive({ n: null, kind: 'pricing', body: { version } });
    toldVersion = version;
  };

  const lookAtFindings = async (): Promise<void> => {
    const office = [...subscriptions].filter(({ listener }) => listener.isOffice);
    if (office.length === 0) {
      toldUnseen = undefined;
      return;
    }
    const unseen = await unseenFindings();
    if (toldUnseen !== undefined && unseen !== toldUnseen)
      for (const { listener } of office) listener.receive({ n: null, kind: 'findings', body: { unseen } });
    toldUnseen = unseen;
  };

  const lookAll = async (): Promise<void> => {
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    clearTimeout(timer);
    try {
      await lookAtPrices();
      await lookAtFindings();
      do {
        lookAgain = false;
        if (await look(database, subscriptions)) lookAgain = true;
      } while (lookAgain);
    } catch (error) {
      onError(error); // Nothing is lost: the next look asks from the same number.
    }
    looking = false;
    if (subscriptions.size === 0) toldVersion = toldUnseen = undefined;
    else if (!stopped) timer = setTimeout(() => void lookAll(), pollEveryMs);
  };

  return {
    async listen(accountId, afterN, listener) {
      const subscription = { accountId, listener, afterN: afterN ?? (await lastEvent(database, accountId)) };
      if (stopped) {
        listener.end();
        return () => undefined;
      }
      subscriptions.add(subscription);
      void lookAll();
      return () => void subscriptions.delete(subscription);
    },
    nudge() {
      if (subscriptions.size > 0 && !stopped) void lookAll();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const { listener } of subscriptions) listener.end();
      subscriptions.clear();
    },
  };
}

/** Reads what is new for every subscription and hands it out; true when some account has more waiting. */
async function look(db: Queryable, subscriptions: ReadonlySet<Subscription>): Promise<boolean> {
  const afterByAccount = new Map<string, bigint>();
  for (const { accountId, afterN } of subscriptions) {
    const known = afterByAccount.get(accountId);
    if (known === undefined || afterN < known) afterByAccount.set(accountId, afterN);
  }
  if (afterByAccount.size === 0) return false;
  const wanted = [...afterByAccount].map(([accountId, n]) => ({ account_id: accountId, n: n.toString() }));
  const rows = await db.query<EventRow>(
    `SELECT e.account_id, e.n, e.kind, e.body
     FROM jsonb_to_recordset($1::jsonb) AS w (account_id uuid, n bigint)
     CROSS JOIN LATERAL (
       SELECT account_id, n, kind, body FROM account_events
       WHERE account_id = w.account_id AND n > w.n ORDER BY n LIMIT ${eventsPerLookMax}
     ) e ORDER BY e.account_id, e.n`,
    [JSON.stringify(wanted)],
  );
  const taken = new Map<string, number>();
  for (const row of rows) {
    taken.set(row.account_id, (taken.get(row.account_id) ?? 0) + 1);
    deliver(row, subscriptions);
  }
  return [...taken.values()].some((count) => count === eventsPerLookMax);
}

function deliver(row: EventRow, subscriptions: ReadonlySet<Subscription>): void {
  for (const subscription of subscriptions) {
    if (subscription.accountId !== row.account_id || subscription.afterN >= row.n) continue;
    subscription.afterN = row.n;
    subscription.listener.receive({ n: row.n, kind: row.kind, body: row.body });
  }
}

async function lastEvent(db: Queryable, accountId: string): Promise<bigint> {
  const [row] = await db.query<{ last_event: bigint }>(
    'SELECT last_event FROM ledger_heads WHERE account_id = $1',
    [accountId],
  );
  return row?.last_event ?? 0n;
}
