/**
 * Holds an end of the audit log that somebody kept against the log: whether this server signed it, and whether the chain
 * still says at that entry what it said then. It must never trust a field before the signature.
 */
import { z } from 'zod';
import { AuditVerification } from '../../shared/api-audit.ts';
import { genesisHash } from '../../shared/chain.ts';
import type { Queryable } from '../database/database.ts';
import { signedStatement, type Signer } from '../ledger/signing.ts';
import { readHead } from './audit-log.ts';

const Kept = z.object({ jws: z.string() });
const End = AuditVerification.pick({ lastSeq: true, head: true, checkedAt: true });

/**
 * `text` is the answer of `GET /audit/verification`, or its signature alone. Null when the log agrees, else a sentence
 * that says what does not. Throws SyntaxError or ZodError when the text is neither.
 */
export async function keptEndProblem(
  db: Queryable,
  jwks: Signer['jwks'],
  text: string,
): Promise<string | null> {
  const alone = /^[\w-]+\.[\w-]+\.[\w-]+$/.exec(text.trim())?.[0];
  const signed = await signedStatement(alone ?? Kept.parse(JSON.parse(text)).jws, jwks);
  const end = End.safeParse(signed);
  if (!end.success) return 'This server did not sign that end of the audit log.';
  const { lastSeq, head, checkedAt } = end.data;
  const now = await hashAt(db, lastSeq);
  if (now === head) return null;
  if (now === 'forgotten')
    return `Entry ${lastSeq} is not kept any more: the end of ${checkedAt} says nothing now.`;
  return `The log says ${now ?? 'nothing'} where its end of ${checkedAt}, entry ${lastSeq}, was ${head}.`;
}

/** The end of the chain at this number; null where it does not reach so far. */
async function hashAt(db: Queryable, seq: number): Promise<string | null> {
  if (seq === 0) return genesisHash;
  const kept = await readHead(db);
  if (kept !== null && seq === Number(kept.kept_from) - 1) return kept.kept_from_hash;
  if (kept !== null && seq < Number(kept.kept_from)) return 'forgotten';
  const [row] = await db.query<{ hash: string }>('SELECT hash FROM audit_entries WHERE seq = $1', [seq]);
  return row?.hash ?? null;
}
