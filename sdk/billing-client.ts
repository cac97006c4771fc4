/**
 * What the SDK asks the billing server, and what became of it: every answer, and none, is a value. It must never throw for
 * what the network or the server does.
 */
import type { UsageBody } from '../shared/api-metering.ts';

export interface BillingClientOptions {
  /** Where the server is, without `/api`. */
  readonly baseUrl: string;
  /** An access token, or what gives a fresh one. */
  readonly token: string | (() => string | Promise<string>);
  /** Milliseconds after which a request counts as unanswered. */
  readonly requestMsMax: number;
}

export type Checked =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Told {
  readonly id: string;
  /** `parked`: the server will never take it; `again`: it may, later. */
  readonly became: 'settled' | 'parked' | 'again';
  readonly code?: string;
}

export type Telling =
  | { readonly kind: 'told'; readonly results: readonly Told[] }
  /** The whole was refused for what it says. */
  | { readonly kind: 'unreadable'; readonly code: string }
  | { readonly kind: 'later'; readonly why: string; readonly retryAfterMs: number | null };

/** Statuses of a check that mean no; whatever else goes wrong, the server has not said so. */
const refusals = new Set([402, 423]);
/** Statuses of a batch that say that it can never be read. */
const unreadable = new Set([400, 413]);
/** What the server says of one usage for good. */
const finalCodes = new Set(['idempotency_mismatch', 'validation_failed']);

type Reply = { readonly status: number; readonly headers: Headers; readonly body: unknown } | Error;

export class BillingClient {
  readonly #options: BillingClientOptions;

  constructor(options: BillingClientOptions) {
    this.#options = options;
  }

  async check(product: string): Promise<Checked> {
    const reply = await this.#post('/metering/check', { product });
    if (reply instanceof Error) return { kind: 'unknown', why: reply.message };
    const { status, body } = reply;
    if (status === 200) return { kind: 'allowed' };
    if (refusals.has(status)) return { kind: 'refused', code: codeOf(body) ?? `http_${status}` };
    return { kind: 'unknown', why: codeOf(body) ?? `http_${status}` };
  }

  async tell(usages: readonly UsageBody[]): Promise<Telling> {
    const reply = await this.#post('/metering/usages', { usages });
    if (reply instanceof Error) return { kind: 'later', why: reply.message, retryAfterMs: null };
    const { status, headers, body } = reply;
    const code = codeOf(body) ?? `http_${status}`;
    if (unreadable.has(status)) return { kind: 'unreadable', code };
    const results = status === 200 ? resultsOf(body, usages) : null;
    if (results !== null) return { kind: 'told', results };
    return { kind: 'later', why: code, retryAfterMs: retryAfterMs(headers) };
  }

  async #post(path: string, body: object): Promise<Reply> {
    const { baseUrl, token, requestMsMax } = this.#options;
    try {
      const bearer = typeof token === 'string' ? token : await token();
      const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/api${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(requestMsMax),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: JSON.parse(text) as unknown };
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

function codeOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return typeof body.code === 'string' ? body.code : null;
}

/** One for each usage, by its place; null where the answer is not the contract's. */
function resultsOf(body: unknown, usages: readonly UsageBody[]): Told[] | null {
  if (typeof body !== 'object' || body === null || !('results' in body)) return null;
  const { results } = body;
  if (!Array.isArray(results) || results.length !== usages.length) return null;
  const told: Told[] = [];
  for (const [index, { id }] of usages.entries()) {
    const result = results[index] as {
      readonly id?: unknown;
      readonly status?: unknown;
      readonly problem?: unknown;
    };
    if (result?.id !== id) return null;
    if (result.status === 'recorded' || result.status === 'replayed') told.push({ id, became: 'settled' });
    else {
      const code = codeOf(result.problem) ?? 'unknown';
      told.push({ id, became: finalCodes.has(code) ? 'parked' : 'again', code });
    }
  }
  return told;
}

function retryAfterMs(headers: Headers): number | null {
  const seconds = headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : null;
}
