/**
 * A local automation agent as a process of its own: takes follows over HTTP, decides each by the seed, and keeps
 * the truth of what it did in a file, so that it can be compared with the bill. It follows nobody, and must never
 * answer for a follow that is not in the file: killed and started again it knows what it did, and nothing else.
 *
 * Usage: node e2e/drive/agent.ts --seed N --failure-percent N --latency-ms N --truth FILE
 * Prints `listening <url>` when ready. The task id is its idempotency key: the same id never follows twice.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'failure-percent': { type: 'string', default: '8' },
    'latency-ms': { type: 'string', default: '15' },
    truth: { type: 'string' },
  },
});
const truthFile = z.string({ error: 'agent: --truth FILE is missing' }).parse(values.truth);
const failurePercent = Number(values['failure-percent']);
const latencyMs = Number(values['latency-ms']);

const FollowBody = z.object({ taskId: z.uuid(), platform: z.string(), targetUserId: z.string() });
interface Answer {
  readonly outcome: 'succeeded' | 'failed';
  readonly reason?: string;
}
/** A line of the file. */
const Done = z.object({
  taskId: z.uuid(),
  outcome: z.enum(['succeeded', 'failed']),
  reason: z.string().optional(),
});
const answers = new Map<string, Promise<Answer>>(doneBefore());
const reasons = ['user_not_found', 'already_followed', 'rate_limited_by_platform', 'account_private'];

function doneBefore(): [string, Promise<Answer>][] {
  if (!existsSync(truthFile)) return [];
  const lines = readFileSync(truthFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const { taskId, outcome, reason } = Done.parse(JSON.parse(line));
    return [taskId, Promise.resolve(reason === undefined ? { outcome } : { outcome, reason })];
  });
}

function decide(targetUserId: string): Answer {
  const hash = createHash('sha256').update(`${values.seed}/${targetUserId}`).digest();
  if (hash.readUInt32BE(0) % 100 >= failurePercent) return { outcome: 'succeeded' };
  return { outcome: 'failed', reason: reasons[hash.readUInt32BE(4) % reasons.length] ?? 'unknown' };
}

async function follow(body: z.infer<typeof FollowBody>): Promise<Answer> {
  await delay(latencyMs);
  const answer = decide(body.targetUserId);
  appendFileSync(truthFile, `${JSON.stringify({ ...body, ...answer })}\n`);
  return answer;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = /^\/follow\/([0-9a-f-]{36})$/.exec(request.url ?? '');
  if (request.method === 'GET' && asked?.[1] !== undefined) {
    const known = answers.get(asked[1]);
    if (known === undefined) send(response, 404, { error: 'not_known' });
    else send(response, 200, await known);
    return;
  }
  if (request.method === 'POST' && request.url === '/follow') {
    const parsed = FollowBody.safeParse(await bodyOf(request));
    if (!parsed.success) return send(response, 400, { error: z.prettifyError(parsed.error) });
    const known = answers.get(parsed.data.taskId) ?? follow(parsed.data);
    answers.set(parsed.data.taskId, known);
    return send(response, 200, await known);
  }
  send(response, 404, { error: 'no such route' });
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error('agent:', error);
    if (!response.headersSent) send(response, 500, { error: 'internal' });
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('agent: no port');
  console.log(`listening http://127.0.0.1:${address.port}`);
});
// Whoever started it holds this pipe open; when it is gone, so is the need for an agent.
process.stdin.resume();
process.stdin.on('close', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
