/**
 * An executor that hands each follow to a local automation agent over HTTP. The task id is the agent's idempotency
 * key. It must never take a missing, late or garbled answer for an outcome: it asks again, and else says `unknown`.
 *
 *   POST {url}/follow {taskId, platform, targetUserId} → 200 {outcome: succeeded|failed, reason?}
 *   GET  {url}/follow/{taskId}                         → 200 the same, 404 when the agent never got the task
 */
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';
import type { AskOutcome, Decided, Executor, FollowTask, NeverGotIt, Unknown } from './executor.ts';

const Answer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('succeeded') }),
  z.object({ outcome: z.literal('failed'), reason: z.string().default('failed') }),
]);
const reasonCharactersMax = 500;
const answerBytesMax = 100_000;

export interface HttpTimes {
  /** A follow drives a real browser or phone. */
  readonly followMsMax: number;
  readonly askMsMax: number;
  /** Waits before each time of asking after a follow that brought no answer; their number is the bound. */
  readonly askAfterMs: readonly number[];
}
const httpTimesDefault: HttpTimes = {
  followMsMax: 120_000,
  askMsMax: 10_000,
  askAfterMs: [200, 1_000, 4_000],
};

/** What one request came to. `no_answer`: it may have arrived; `not_sent`: it did not. */
type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  | { readonly kind: 'no_answer'; readonly reason: string }
  | { readonly kind: 'not_sent'; readonly reason: string };

/** Failures that come before a byte is sent: nobody listens there, or there is no way there. */
const notSentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** How often a follow that the agent says it never got is handed over again. */
const handOversMax = 3;

export function createHttpExecutor(url: string, times: HttpTimes = httpTimesDefault): Executor {
  const base = url.replace(/\/+$/, '');
  const ask = async (task: FollowTask, signal: AbortSignal): Promise<AskOutcome> =>
    askOutcome(
      await send(`${base}/follow/${encodeURIComponent(task.taskId)}`, 'GET', times.askMsMax, signal),
    );

  return {
    ask,
    async follow({ taskId, platform, targetUserId }, signal) {
      const task = { taskId, platform, targetUserId };
      let lost = '';
      for (let handOver = 1; handOver <= handOversMax; handOver += 1) {
        const reply = await send(`${base}/follow`, 'POST', times.followMsMax, signal, task);
        if (reply.kind === 'not_sent') return { kind: 'down', reason: reply.reason };
        const told = reply.kind === 'answer' && reply.status === 200 ? decided(reply.text) : null;
        if (told !== null) return told;
        lost = reason(reply);
        const outcome = await askUntilTold(ask, task, signal, times.askAfterMs, lost);
        if (outcome.kind !== 'never_got_it') return outcome;
      }
      return { kind: 'down', reason: lost };
    },
  };
}

/** After a follow without a usable answer: asks a few times, and leaves it unknown rather than do it again. */
async function askUntilTold(
  ask: Executor['ask'],
  task: FollowTask,
  signal: AbortSignal,
  waitsMs: readonly number[],
  why: string,
): Promise<Decided | Unknown | NeverGotIt> {
  for (const waitMs of waitsMs) {
    try {
      await delay(waitMs, undefined, { signal });
    } catch {
      return { kind: 'unknown', reason: 'stopped' };
    }
    const outcome = await ask(task, signal);
    switch (outcome.kind) {
      case 'succeeded':
      case 'failed':
      case 'never_got_it':
        return outcome;
      case 'unknown':
      case 'down':
        break;
    }
  }
  return { kind: 'unknown', reason: why };
}

function askOutcome(reply: Reply): AskOutcome {
  if (reply.kind === 'not_sent') return { kind: 'down', reason: reply.reason };
  if (reply.kind === 'answer' && reply.status === 404) return { kind: 'never_got_it' };
  const told = reply.kind === 'answer' && reply.status === 200 ? decided(reply.text) : null;
  return told ?? { kind: 'unknown', reason: reason(reply) };
}

function decided(text: string): Decided | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const answer = Answer.safeParse(json);
  if (!answer.success) return null;
  if (answer.data.outcome === 'succeeded') return { kind: 'succeeded' };
  return { kind: 'failed', reason: answer.data.reason.slice(0, reasonCharactersMax).toWellFormed() };
}

function reason(reply: Exclude<Reply, { kind: 'not_sent' }>): string {
  if (reply.kind === 'no_answer') return reply.reason;
  return reply.status === 200 ? 'answer_not_understood' : `http_${reply.status}`;
}

async function send(
  url: string,
  method: 'GET' | 'POST',
  msMax: number,
  signal: AbortSignal,
  body?: object,
): Promise<Reply> {
  try {
    const response = await axios.request<string>({
      url,
      method,
      data: body,
      timeout: msMax,
      signal,
      // The agent is a neighbour: no proxy between, and nowhere else to be sent on to.
      proxy: false,
      maxRedirects: 0,
      maxContentLength: answerBytesMax,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
    });
    return { kind: 'answer', status: response.status, text: response.data };
  } catch (error) {
    const code = axios.isAxiosError(error) ? (error.code ?? 'failed') : 'failed';
    return notSentCodes.has(code) ? { kind: 'not_sent', reason: code } : { kind: 'no_answer', reason: code };
  }
}
