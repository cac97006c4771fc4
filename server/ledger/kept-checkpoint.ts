/**
 * Holds a checkpoint that somebody kept against the ledger: whether this server signed it, in all its fields, and
 * whether the chain still says at that number what it said then. It must never trust a field before the signature.
 */
import { Checkpoint } from '../../shared/api.ts';
import { genesisHash } from '../../shared/chain.ts';
import type { Queryable } from '../database/database.ts';
import { signedStatement, type Signer } from './signing.ts';
import type { LedgerFault } from './verify.ts';

/** `text` is the JSON of `GET /receipts/checkpoint`. Throws SyntaxError or ZodError when it is none. */
export async function checkpointFaults(
  db: Queryable,
  jwks: Signer['jwks'],
  text: string,
): Promise<LedgerFault[]> {
  const { jws, ...stated } = Checkpoint.parse(JSON.parse(text));
  const fault = (detail: string): LedgerFault => ({
    accountId: stated.accountId,
    seq: stated.seq,
    kind: 'checkpoint_differs',
    detail,
  });
  const signed = await signedStatement(jws, jwks);
  if (signed === null) return [fault('This server did not sign the checkpoint.')];
  const altered = Object.entries(stated).find(([name, value]) => signed[name] !== value);
  if (altered !== undefined) return [fault(`The checkpoint's ${altered[0]} is not the one that was signed.`)];
  const head = await hashAt(db, stated.accountId, stated.seq);
  if (head === stated.head) return [];
  return [fault(`The ledger says ${head ?? 'nothing'} where the checkpoint says ${stated.head}.`)];
}

/** The end of the chain at this number; null where it does not reach so far. */
async function hashAt(db: Queryable, accountId: string, seq: number): Promise<string | null> {
  if (seq === 0) return genesisHash;
  const [row] = await db.query<{ hash: string }>(
    'SELECT hash FROM transactions WHERE account_id = $1 AND seq = $2',
    [accountId, seq],
  );
  return row?.hash ?? null;
}
