/**
 * The server's own endpoints as a component uses them, through the engine: an answer that is read, or something that is
 * done. What comes is parsed with the endpoint's schemas; nothing here works anything out.
 */
import { useCallback, useEffect, useMemo } from 'react';
import type { z } from 'zod';
import { endpoints, type Endpoint, type EndpointRequest, type ReplyBody } from '../../shared/endpoints.ts';
import type { Askable } from '../../shared/ask.ts';
import type { CommandInput, CommandOutput, EventName } from '../../shared/ipc.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { invoke, type Refused } from '../bridge.ts';
import { useCommand } from './command.ts';
import { onServerBack } from './mirror.ts';
import { useReading } from './reading.ts';

export interface Answering<N extends Askable> {
  /** Null until the first answer; kept while a later one is waited for, or fails. */
  readonly body: ReplyBody<N> | null;
  readonly problem: DeskProblem | null;
  readonly readAgain: () => void;
}

/** Asks once for each request, and again at `news` and when the server is back. With null for a request nothing is asked. */
export function useAnswer<N extends Askable>(
  endpoint: N,
  request: EndpointRequest<N> | null,
  news?: EventName,
): Answering<N> {
  const { output, problem, readAgain } = useReading(
    'server.ask',
    request === null ? null : questionOf(endpoint, request),
    news,
  );
  useEffect(() => onServerBack(readAgain), [readAgain]);
  const read = useMemo(() => (output === null ? null : bodyOf(endpoint, output)), [endpoint, output]);
  if (read !== null && !read.ok) return { body: null, problem: read.problem, readAgain };
  return { body: read?.body ?? null, problem: problem === null ? null : inRequest(problem), readAgain };
}

/** `status` tells what came at once (200, 201) from what waits for somebody else (202). */
export type Told<N extends Askable> =
  | { readonly ok: true; readonly status: number; readonly body: ReplyBody<N> }
  | Refused;

/** Asks once, for what is no component. */
export async function ask<N extends Askable>(endpoint: N, request: EndpointRequest<N>): Promise<Told<N>> {
  const reply = await invoke('server.ask', questionOf(endpoint, request));
  if (!reply.ok) return { ok: false, problem: inRequest(reply.problem) };
  return bodyOf(endpoint, reply.output);
}

export interface Doing<N extends Askable> {
  readonly busy: boolean;
  /** Its `field` is a path in the request's body, its parameters or its query. */
  readonly problem: DeskProblem | null;
  /** Null: the one before is still under way, and this one was not sent. */
  readonly run: (request: EndpointRequest<N>) => Promise<Told<N> | null>;
  readonly clear: () => void;
}

/** Something to do at the server, by one button: not twice at once. */
export function useDoing<N extends Askable>(endpoint: N): Doing<N> {
  const { busy, problem, run: send, clear } = useCommand('server.ask');
  const run = useCallback(
    async (request: EndpointRequest<N>): Promise<Told<N> | null> => {
      const reply = await send(questionOf(endpoint, request));
      if (reply === null) return null;
      if (!reply.ok) return { ok: false, problem: inRequest(reply.problem) };
      return bodyOf(endpoint, reply.output);
    },
    [endpoint, send],
  );
  const shown = useMemo(() => (problem === null ? null : inRequest(problem)), [problem]);
  return { busy, problem: shown, run, clear };
}

function questionOf<N extends Askable>(endpoint: N, request: EndpointRequest<N>): CommandInput<'server.ask'> {
  return { endpoint, ...request };
}

function bodyOf<N extends Askable>(endpoint: N, output: CommandOutput<'server.ask'>): Told<N> {
  const contract: Endpoint = endpoints[endpoint];
  const schema: z.ZodType | undefined = contract.replies[output.status];
  const parsed = schema?.safeParse(output.body);
  if (parsed?.success !== true) {
    console.error(`${endpoint} was answered with something else than the contract says`, parsed?.error);
    return { ok: false, problem: { code: 'unexpected', params: {} } };
  }
  // The schema just used is the one that `ReplyBody<N>` is inferred from.
  return { ok: true, status: output.status, body: parsed.data as ReplyBody<N> };
}

/** The engine names a field by the question, the server by the request: here both are the request's. */
function inRequest(problem: DeskProblem): DeskProblem {
  if (problem.field === undefined) return problem;
  return { ...problem, field: problem.field.replace(/^(?:params|query|body)\./, '') };
}
