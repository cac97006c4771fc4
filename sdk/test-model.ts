/**
 * A server for tests that speaks like an OpenAI-compatible one, and a client of it as somebody would write one. How an
 * answer ends is what the last message asks for. It must never be used outside tests.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { OpenAiPiece } from './reading.ts';

export type Ending = 'finished' | 'cut' | 'cut_quietly' | 'error' | 'no_usage' | 'endless' | 'refused';

/** What the model is given, and what it says: 8 and 6 tokens by the estimate, 1,000 and 500 by the provider. */
export const question = '你好, tell me 五 words';
export const words = ['one ', 'two ', 'three ', 'four ', 'five '];
export const usage = { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 };

export interface TestModel {
  readonly url: string;
  close(): Promise<void>;
}

export async function startTestModel(): Promise<TestModel> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await text(request)) as { readonly ending: Ending; readonly stream?: boolean };
  const { ending } = body;
  const head = { id: 'chat-1', model: 'qwen-max' };
  if (ending === 'refused') {
    response.writeHead(503).end('{"error":{"message":"overloaded"}}');
    return;
  }
  if (body.stream !== true) {
    const message = { role: 'assistant', content: words.join('') };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...head, choices: [{ message, finish_reason: 'stop' }], usage }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (chunk: object): Promise<void> =>
    new Promise((resolve, reject) => {
      response.write(`data: ${JSON.stringify({ ...head, ...chunk })}\n\n`, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  for (const content of words.slice(0, 3))
    await send({ choices: [{ delta: { content }, finish_reason: null }] });
  if (ending === 'cut') return void response.destroy();
  if (ending === 'cut_quietly') return void response.end();
  if (ending === 'error') {
    response.end(`data: ${JSON.stringify({ error: { message: 'the model fell over' } })}\n\n`);
    return;
  }
  if (ending === 'endless') return void (await once(response, 'close'));
  for (const content of words.slice(3))
    await send({ choices: [{ delta: { content }, finish_reason: null }] });
  await send({ choices: [{ delta: {}, finish_reason: 'stop' }] });
  if (ending !== 'no_usage') await send({ choices: [], usage });
  response.end('data: [DONE]\n\n');
}

/** The chunks of one answer. Throws what fetch throws, and what the provider says in mid-stream. */
export async function* streamed(
  url: string,
  ending: Ending,
  signal?: AbortSignal,
): AsyncGenerator<OpenAiPiece> {
  const response = await post(url, { stream: true, stream_options: { include_usage: true }, ending }, signal);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = event.replace(/^data: /, '');
      if (data === '[DONE]') return;
      const piece = JSON.parse(data) as OpenAiPiece & { readonly error?: { readonly message: string } };
      if (piece.error !== undefined) throw new Error(piece.error.message);
      yield piece;
    }
  }
}

/** One whole answer. */
export async function completed(url: string, ending: Ending): Promise<OpenAiPiece> {
  return (await (await post(url, { ending })).json()) as OpenAiPiece;
}

async function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
  const messages = [{ role: 'user', content: question }];
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'qwen-max', messages, ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw new Error(`the model answered ${response.status}`);
  return response;
}
