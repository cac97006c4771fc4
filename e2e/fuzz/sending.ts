/**
 * Sends a request byte for byte and says what came back. It must never wait longer than its limit, nor read a
 * stream of events to its end.
 */
import { request, type Agent, type IncomingMessage } from 'node:http';
import type { FuzzRequest } from './requests.ts';

/** A request that is not answered within this hangs. */
export const answerMsMax = 10_000;
/** How long an event stream is listened to once it has begun. */
const listenMs = 100;

export type Answer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly text: string;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'broken'; readonly why: string };

export function send(serverUrl: string, agent: Agent, asked: FuzzRequest): Promise<Answer> {
  const { hostname, port } = new URL(serverUrl);
  return new Promise((resolve) => {
    const outgoing = request({
      hostname,
      port,
      agent,
      method: asked.method,
      path: asked.path,
      headers: {
        ...asked.headers,
        ...(asked.body === null ? {} : { 'content-length': String(asked.body.length) }),
      },
    });
    const tooLong = setTimeout(() => {
      resolve({ kind: 'hang' });
      outgoing.destroy();
    }, answerMsMax);
    const done = (answer: Answer): void => {
      clearTimeout(tooLong);
      resolve(answer);
    };
    outgoing.on('error', (error) => done({ kind: 'broken', why: error.message }));
    outgoing.on('response', (incoming) => readAnswer(incoming, done));
    outgoing.end(asked.body ?? undefined);
  });
}

function readAnswer(incoming: IncomingMessage, done: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  const answered = (): void => {
    const { statusCode: status = 0, headers } = incoming;
    done({ kind: 'answer', status, headers, text: Buffer.concat(chunks).toString() });
  };
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', answered);
  incoming.on('error', (error) => done({ kind: 'broken', why: error.message }));
  if (incoming.headers['content-type'] !== 'text/event-stream') return;
  setTimeout(() => {
    answered();
    incoming.destroy();
  }, listenMs);
}
