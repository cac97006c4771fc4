/**
 * A campaign's dealings with the server about its hold: place it, keep it alive, release it. It writes nothing here;
 * it must never read a missing answer as a yes or a no.
 */
import { holdSecondsDefault, type Hold } from '../../shared/api.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuan } from '../../shared/money.ts';
import { sameTerms } from '../../shared/rating.ts';
import { fromCallFailure, saysNothing } from '../sync/call-problem.ts';
import type { ServerClient } from '../sync/server-client.ts';
import type { CampaignRow } from './campaigns.ts';

export type Placed =
  | { readonly kind: 'placed'; readonly hold: Hold }
  /** The server set another sum aside than was confirmed: it must be released and put to the person. */
  | { readonly kind: 'other_price'; readonly hold: Hold }
  /** This id has been used and is over: another one may be asked for. */
  | { readonly kind: 'used_up' }
  /** Nothing was set aside. */
  | { readonly kind: 'refused'; readonly problem: DeskProblem }
  /** Whether anything was set aside is not known; asking again under the same id tells. */
  | { readonly kind: 'no_answer'; readonly problem: DeskProblem };

/** The row must have its hold id and its quote. Safe to repeat. */
export async function placeHold(client: ServerClient, deviceId: string, row: CampaignRow): Promise<Placed> {
  if (row.holdId === null || row.quote === null) throw new Error('a hold is asked for by id and quote');
  const outcome = await client.call('createHold', {
    body: {
      id: row.holdId,
      campaignId: row.id,
      platform: row.platform,
      operation: row.operation,
      quantity: row.quote.quantity,
      deviceId,
      expiresInSeconds: holdSecondsDefault,
    },
  });
  if (outcome.kind === 'not_modified') throw new Error('a hold is never asked for by etag');
  if (outcome.kind !== 'ok') {
    if (outcome.kind === 'problem' && outcome.problem.code === 'idempotency_mismatch')
      return { kind: 'used_up' };
    return { kind: saysNothing(outcome) ? 'no_answer' : 'refused', problem: fromCallFailure(outcome) };
  }
  const hold = outcome.body;
  if (hold.state !== 'open') return { kind: 'used_up' };
  const samePrice =
    hold.quote !== undefined &&
    sameTerms(hold.quote, row.quote) &&
    yuan(hold.amount) === yuan(row.quote.total);
  return { kind: samePrice ? 'placed' : 'other_price', hold };
}

export type Released =
  /** `hold` is null when the server has none of that id any more, or never had. */
  | { readonly kind: 'released'; readonly hold: Hold | null }
  /** The server has the hold and will not release it. */
  | { readonly kind: 'refused'; readonly problem: DeskProblem }
  | { readonly kind: 'no_answer'; readonly problem: DeskProblem };

/** Safe to repeat. */
export async function releaseHold(client: ServerClient, holdId: string): Promise<Released> {
  const outcome = await client.call('releaseHold', { params: { id: holdId } });
  if (outcome.kind === 'ok') return { kind: 'released', hold: outcome.body };
  if (outcome.kind === 'not_modified') throw new Error('a hold is never released by etag');
  const isGone = outcome.kind === 'problem' && ['not_found', 'hold_closed'].includes(outcome.problem.code);
  if (isGone) return { kind: 'released', hold: null };
  return { kind: saysNothing(outcome) ? 'no_answer' : 'refused', problem: fromCallFailure(outcome) };
}

/**
 * Sees to it that nothing is or will be set aside under an id that was asked for without an answer: a request for it may
 * still be on its way. So an id that the server has not seen is used up: placed, then released. Safe to repeat.
 */
export async function abandonHold(
  client: ServerClient,
  deviceId: string,
  row: CampaignRow & { readonly holdId: string },
): Promise<Released> {
  const released = await releaseHold(client, row.holdId);
  if (released.kind !== 'released' || released.hold !== null || row.quote === null) return released;
  const placed = await placeHold(client, deviceId, row);
  switch (placed.kind) {
    case 'placed':
    case 'other_price':
      return releaseHold(client, row.holdId);
    case 'used_up':
    case 'refused':
      return released;
    case 'no_answer':
      return placed;
    default:
      return placed satisfies never;
  }
}

/** The hold with a later end, or null when it could not be had. Safe to repeat. */
export async function extendHold(client: ServerClient, holdId: string): Promise<Hold | null> {
  const outcome = await client.call('extendHold', {
    params: { id: holdId },
    body: { expiresInSeconds: holdSecondsDefault },
  });
  return outcome.kind === 'ok' ? outcome.body : null;
}
