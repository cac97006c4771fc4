/**
 * Walks the audit log from the oldest entry that is kept and compares everything that can be derived twice: the
 * chain, the columns beside it, the head, and what the entries commit to. It must never change anything.
 */
import type { AuditFault, AuditVerification } from '../../shared/api-audit.ts';
import { auditFaultsListedMax, ChainedAuditEntry } from '../../shared/api-audit.ts';
import { genesisHash } from '../../shared/chain.ts';
import type { Database, Queryable } from '../database/database.ts';
import { KeysUnusable } from '../protection/key-ring.ts';
import { isAsSealed, openedOrigin, readHead, sha256, type SealedHead } from './audit-log.ts';

export type AuditWalked = Omit<AuditVerification, 'checkedAt' | 'jws'>;

/** The action whose entry says that what was personal to an account is erased. */
export const erasingAction = 'erasePersonalData';

const rowsReadTogether = 1_000;

interface Row {
  readonly seq: bigint;
  readonly at_ms: bigint;
  readonly action: string;
  readonly outcome: string;
  readonly actor_id: string | null;
  readonly about_id: string | null;
  readonly subject: string | null;
  readonly hash: string;
  readonly body: string;
  readonly origin_actor_id: string | null;
  readonly origin_about_id: string | null;
  readonly sealed: string | null;
}

/**
 * As of one moment; nobody who appends has to wait. Without the keys that the log was sealed with, what is sealed is
 * left unopened, and the rest is verified all the same.
 */
export function verifyAudit(database: Database, { opens = true } = {}): Promise<AuditWalked> {
  return database.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return new Walk(await readHead(tx), opens).run(tx);
  });
}

const emptyHead = { last_seq: 0n, head: genesisHash, kept_from: 1n, kept_from_hash: genesisHash, sealed: '' };

class Walk {
  readonly #head: SealedHead;
  readonly #opens: boolean;
  readonly #faults: AuditFault[] = [];
  /** Entries that have no origin any more, and of which accounts it may have been erased. */
  readonly #without: { readonly seq: number; readonly accounts: readonly (string | null)[] }[] = [];
  readonly #erasedAccounts = new Set<string>();
  #seq: number;
  #hash: string;
  #entries = 0;
  #origins = 0;

  constructor(head: SealedHead | null, opens: boolean) {
    this.#head = head ?? emptyHead;
    this.#opens = opens;
    this.#seq = Number(this.#head.kept_from) - 1;
    this.#hash = this.#head.kept_from_hash;
  }

  async run(tx: Queryable): Promise<AuditWalked> {
    const head = this.#head;
    await this.#walk(tx);
    if (Number(head.last_seq) !== this.#seq || head.head !== this.#hash)
      this.#fault(
        'head_differs',
        `The head says ${head.last_seq} ${head.head}, the entries end at ${this.#seq} ${this.#hash}.`,
      );
    if (head.kept_from === 1n && head.kept_from_hash !== genesisHash)
      this.#fault('head_differs', 'The head says that the first entry follows another.');
    if (this.#opens && head !== emptyHead && !isAsSealed(tx, head))
      this.#fault(
        'seal_differs',
        'The head is not the one that the server sealed: entries were made anew or cut off without its keys.',
      );
    await this.#checkStray(tx);
    for (const { seq, accounts } of this.#without)
      if (!accounts.some((id) => id !== null && this.#erasedAccounts.has(id)))
        this.#fault('origin_differs', 'What was kept beside the entry is gone, and nobody erased it.', seq);
    return {
      firstSeq: Number(head.kept_from),
      lastSeq: this.#seq,
      head: this.#hash,
      entries: this.#entries,
      origins: this.#origins,
      erased: this.#without.length,
      faults: this.#faults,
    };
  }

  async #walk(tx: Queryable): Promise<void> {
    let after = -1n;
    for (;;) {
      const rows = await tx.query<Row>(
        `SELECT e.seq, e.at_ms, e.action, e.outcome, e.actor_id, e.about_id, e.subject, e.hash, e.body,
           o.actor_id AS origin_actor_id, o.about_id AS origin_about_id, o.sealed
         FROM audit_entries e LEFT JOIN audit_origins o ON o.seq = e.seq
         WHERE e.seq > $1 ORDER BY e.seq LIMIT $2`,
        [after, rowsReadTogether],
      );
      for (const row of rows) this.#row(tx, row);
      after = rows.at(-1)?.seq ?? after;
      if (rows.length < rowsReadTogether || this.#faults.length >= auditFaultsListedMax) return;
    }
  }

  #row(tx: Queryable, row: Row): void {
    const seq = Number(row.seq);
    this.#entries += 1;
    if (seq !== this.#seq + 1)
      this.#fault('missing_entries', `Entry ${seq} follows entry ${this.#seq}.`, seq);
    this.#seq = seq;
    const entry = readBody(row.body);
    if (entry === null) this.#fault('body_unreadable', 'The row does not hold an entry.', seq);
    else {
      const column = differingColumn(row, entry);
      if (column !== null)
        this.#fault('columns_differ', `The column ${column} differs from what was hashed.`, seq);
      // The text is the canonical one itself: any other has another hash.
      if (sha256(`${this.#hash}\n${row.body}`) !== row.hash)
        this.#fault('chain_broken', `The entry is not the one that was hashed after entry ${seq - 1}.`, seq);
      if (entry.action === erasingAction && entry.outcome === 'done' && entry.aboutId !== undefined)
        this.#erasedAccounts.add(entry.aboutId);
      this.#origin(tx, row, entry);
    }
    this.#hash = row.hash;
  }

  #origin(tx: Queryable, row: Row, entry: ChainedAuditEntry): void {
    if (row.sealed === null) {
      this.#without.push({ seq: entry.seq, accounts: [row.actor_id, row.about_id] });
      return;
    }
    this.#origins += 1;
    if (!this.#opens) return;
    try {
      const { text, from } = openedOrigin(tx, entry.seq, row.sealed);
      const about = from.personal === undefined ? null : (entry.aboutId ?? null);
      const named = row.origin_actor_id === (entry.actorId ?? null) && row.origin_about_id === about;
      if (sha256(text) === entry.origin && named) return;
      this.#fault('origin_differs', 'What is kept beside the entry is not what it commits to.', entry.seq);
    } catch (error) {
      if (!(error instanceof KeysUnusable)) throw error;
      this.#fault('origin_differs', error.message, entry.seq);
    }
  }

  /** What is kept beside entries that are not there. */
  async #checkStray(tx: Queryable): Promise<void> {
    const stray = await tx.query<{ seq: bigint }>(
      `SELECT o.seq FROM audit_origins o WHERE NOT EXISTS (SELECT 1 FROM audit_entries e WHERE e.seq = o.seq)
       ORDER BY o.seq LIMIT 10`,
    );
    for (const { seq } of stray)
      this.#fault('origin_differs', 'Something is kept beside an entry that is not there.', Number(seq));
  }

  #fault(kind: AuditFault['kind'], detail: string, seq?: number): void {
    if (this.#faults.length >= auditFaultsListedMax) return;
    this.#faults.push({ kind, detail, ...(seq === undefined ? {} : { seq }) });
  }
}

function readBody(body: string): ChainedAuditEntry | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null; // Reported as a fault of its own.
  }
  const parsed = ChainedAuditEntry.safeParse(json);
  return parsed.success ? parsed.data : null;
}

/** The first column that says something else than the entry's text, or null. */
function differingColumn(row: Row, entry: ChainedAuditEntry): string | null {
  const expected: Partial<Record<keyof Row, unknown>> = {
    seq: BigInt(entry.seq),
    at_ms: BigInt(Date.parse(entry.at)),
    action: entry.action,
    outcome: entry.outcome,
    actor_id: entry.actorId ?? null,
    about_id: entry.aboutId ?? null,
    subject: entry.subject ?? null,
  };
  for (const [column, value] of Object.entries(expected))
    if (row[column as keyof Row] !== value) return column;
  return null;
}
