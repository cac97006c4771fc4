/** Says what is wrong with an answer, if anything is. It must never send, and never forgive a kind of fault. */
import { Problem } from '../../shared/api-words.ts';
import type { People } from './people.ts';
import type { FuzzRequest } from './requests.ts';
import type { Answer } from './sending.ts';

export interface Fault {
  /** Which rule was broken; a shorter request must break the same. */
  readonly kind:
    | 'no answer in time'
    | 'connection broken'
    | 'server error'
    | 'refusal without a problem'
    | 'body outside the contract'
    | 'success that had to be refused'
    | "another account's data"
    | 'inside told';
  readonly detail: string;
}

const bodyBytesMax = 2 * 1024 * 1024;
/** Words that only the inside of the server uses. */
const insideWords = /node_modules|\bat \S+ \(|SELECT |INSERT |relation "|syntax error at|\.ts:\d+/;

export function judge(asked: FuzzRequest, answer: Answer, people: People): Fault | null {
  if (answer.kind === 'hang') return { kind: 'no answer in time', detail: '' };
  if (answer.kind === 'broken') {
    // A body that is too large may be cut off while it is still on its way.
    if ((asked.body?.length ?? 0) > bodyBytesMax) return null;
    return { kind: 'connection broken', detail: answer.why };
  }
  const { status, text } = answer;
  const short = `${status} ${text.slice(0, 600)}`;
  if (status >= 500) return { kind: 'server error', detail: short };
  const foreign = asked.maySeeOthers && status < 400 ? null : leaked(asked, text, people, status);
  if (foreign !== null) return { kind: "another account's data", detail: `${foreign} in ${short}` };
  if (status >= 400) return judgeRefusal(asked, answer);
  if (asked.mustRefuse !== null)
    return { kind: 'success that had to be refused', detail: `${asked.mustRefuse}: ${short}` };
  return asked.endpoint === null || status === 304
    ? null
    : judgeBody(asked.endpoint.replies[status], text, short);
}

function leaked(asked: FuzzRequest, text: string, people: People, status: number): string | null {
  const found = people.foreign(asked.person, text);
  if (found === null) return null;
  // A refusal may repeat what it was asked about; a session goes to whoever knew the password or token.
  const repeated = `${asked.path}${asked.body?.toString() ?? ''}`.toLowerCase().includes(found.toLowerCase());
  if ((repeated && status >= 400) || asked.route === 'login' || asked.route === 'refresh') return null;
  // Ids are made by callers, so two accounts may give the same one to something of their own.
  return asked.givenIds.some((id) => id.toLowerCase() === found.toLowerCase()) ? null : found;
}

function judgeRefusal(
  asked: FuzzRequest,
  { status, headers, text }: Extract<Answer, { kind: 'answer' }>,
): Fault | null {
  if (insideWords.test(text)) return { kind: 'inside told', detail: text.slice(0, 600) };
  if (asked.method === 'HEAD') return null;
  const outside = (why: string): Fault => ({
    kind: 'refusal without a problem',
    detail: `${why}: ${status} ${text.slice(0, 600)}`,
  });
  if (headers['content-type'] !== 'application/problem+json')
    return outside(`content-type ${String(headers['content-type'])}`);
  const problem = Problem.safeParse(parsed(text));
  if (!problem.success) return outside('the body is no problem');
  if (problem.data.status !== status) return outside(`it says status ${problem.data.status}`);
  if ((status === 429 || status === 503) && headers['retry-after'] === undefined)
    return outside('no Retry-After');
  return null;
}

function judgeBody(
  schema: NonNullable<FuzzRequest['endpoint']>['replies'][number] | undefined,
  text: string,
  short: string,
): Fault | null {
  if (schema === undefined)
    return { kind: 'body outside the contract', detail: `the contract has no such status: ${short}` };
  const result = schema.safeParse(text === '' ? undefined : parsed(text));
  if (result.success) return null;
  return { kind: 'body outside the contract', detail: `${result.error.message.slice(0, 400)} in ${short}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No schema takes this for a body.
    return Symbol('not JSON');
  }
}
