/** Makes a failing request shorter as long as it still fails in the same way. It must never send without end. */
import type { FuzzRequest } from './requests.ts';

/** Requests that one shortening may cost. */
const triesMax = 80;

/** `fails`: whether a request is answered with the same kind of fault. */
export async function shortened(
  request: FuzzRequest,
  fails: (candidate: FuzzRequest) => Promise<boolean>,
): Promise<FuzzRequest> {
  let shortest = request;
  let tries = 0;
  let progress = true;
  while (progress && tries < triesMax) {
    progress = false;
    for (const candidate of shorterThan(shortest)) {
      tries += 1;
      if (tries > triesMax) break;
      if (!(await fails(candidate))) continue;
      shortest = candidate;
      progress = true;
      break;
    }
  }
  return shortest;
}

function* shorterThan(request: FuzzRequest): Generator<FuzzRequest> {
  for (const name of Object.keys(request.headers)) {
    if (name === 'authorization' || name === 'content-type') continue;
    const { [name]: _, ...headers } = request.headers;
    yield { ...request, headers };
  }
  for (const text of shorterJson(request.body?.toString() ?? ''))
    yield { ...request, body: Buffer.from(text) };
}

/** The body without one of its parts, largest first. */
function shorterJson(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is no JSON is shown as it is.
    return [];
  }
  return smaller(value)
    .map((candidate) => JSON.stringify(candidate) ?? '')
    .filter((candidate) => candidate.length < text.length)
    .toSorted((a, b) => a.length - b.length);
}

function smaller(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const halves =
      items.length > 1 ? [items.slice(0, items.length >> 1), items.slice(items.length >> 1)] : [];
    const inner = items.flatMap((item, index) => smaller(item).map((one) => items.with(index, one)));
    return [...halves, ...inner];
  }
  if (typeof value === 'string')
    return value.length > 8 ? [value.slice(0, value.length >> 1), value.slice(value.length >> 1)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const { [name]: _, ...rest } = value as Record<string, unknown>;
    return [rest, ...smaller(field).map((one) => ({ ...value, [name]: one }))];
  });
}
