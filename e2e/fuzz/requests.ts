/**
 * Makes the fuzzer's requests: every endpoint of the contract and the routes beside it, with input that its schemas
 * allow or that was broken on purpose, and what no answer to it may be. It must never send anything itself.
 */
import { endpoints, mayCall, type Endpoint } from '../../shared/endpoints.ts';
import { brokenJson, writeMarked } from './breaking.ts';
import type { Dice } from './dice.ts';
import type { Credential, People, Person } from './people.ts';
import { allowed, jsonSchemaOf, type KnownIds } from './values.ts';

export interface FuzzRequest {
  /** The endpoint's name, or what stands for a route outside the contract. */
  readonly route: string;
  readonly endpoint: Endpoint | null;
  readonly method: string;
  /** With `/api` and the query, as it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** Whose the answer may be; null where the token is not good. */
  readonly person: Person | null;
  /** Why a success would be a fault; null where it would not. */
  readonly mustRefuse: string | null;
  /** The ids that it gives to what it asks for. */
  readonly givenIds: readonly string[];
  /** Finance may see what it handles for others. */
  readonly maySeeOthers: boolean;
}

const table: readonly (readonly [string, Endpoint])[] = Object.entries<Endpoint>(endpoints);
/** Asked less often: each costs an argon2 hash, or ends a sign-in. */
const costly = new Set(['login', 'refresh', 'logout']);
const moneyRoutes = new Set(['charge', 'chargeBatch', 'createHold', 'refund']);
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'] as const;
const bodyBytesTooMany = 2 * 1024 * 1024 + 1;

/** Bad values of a path's parameter, already as they go over the wire. */
const badParams = [
  '%00',
  '%ff',
  '%c0%ae%c0%ae',
  '..%2f..',
  '%F0%9F%92%A9',
  'undefined',
  '1',
  '0'.repeat(500),
  "'%20OR%201=1--",
  '00000000-0000-0000-0000-000000000000',
  '%',
  '%zz',
];
const badQueries = [
  'afterSeq=-1',
  'afterSeq=9007199254740993',
  'afterSeq=1e400',
  'limit=0',
  'limit=5001',
  'limit=NaN',
  'limit=1&limit=2',
  'limit[]=1',
  'uptoSeq=9223372036854775808',
  'uptoSeq=1.5',
  'cursor=%00',
  'cursor=bm90IGEgY3Vyc29y',
  'cursor=%F0%9F%92%A9',
  'state=nothing',
  '__proto__=1',
  'constructor[prototype]=1',
  'x',
  '%',
  '&&==&',
];
const badTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/jsonp',
  'application/json;',
  ';',
  '',
];

export function makeRequest(people: People, dice: Dice): FuzzRequest {
  if (dice.oneIn(25)) return outsideTheContract(people, dice);
  const [route, endpoint] = pickEndpoint(dice);
  const credential = credentialFor(route, endpoint, people, dice);
  const person = credential.kind === 'good' ? credential.person : null;
  const known = people.idsFor(person);
  // Whoever is erased can ask nothing any more, and the money of all who ask is added up at the end.
  const ids = route === 'erasePersonalData' ? { ...known, pick: () => dice.uuid() } : known;
  const path = pathOf(endpoint, dice, ids);
  const query = queryOf(endpoint, dice, ids);
  const body = bodyOf(endpoint, dice, ids);
  const wrongMethod = dice.oneIn(60);
  return {
    route,
    endpoint: wrongMethod ? null : endpoint,
    method: wrongMethod ? dice.pick(methods) : endpoint.method,
    path: `/api${path.text}${query.text === '' ? '' : `?${query.text}`}`,
    headers: { ...headersOf(credential, dice), ...body.headers },
    body: body.bytes,
    person,
    mustRefuse: wrongMethod
      ? null
      : (whoMayNot(endpoint, credential) ?? path.refused ?? query.refused ?? body.refused),
    givenIds: body.givenIds,
    maySeeOthers: typeof endpoint.allow !== 'string',
  };
}

function pickEndpoint(dice: Dice): readonly [string, Endpoint] {
  for (;;) {
    const [name, endpoint] = dice.pick(table);
    if (costly.has(name) && !dice.oneIn(20)) continue;
    // Reading is quick to exhaust; what moves money is where the states are.
    if (!moneyRoutes.has(name) && dice.oneIn(2)) continue;
    return [name, endpoint];
  }
}

/** A sign-out ends its sign-in, so it is asked for with one that nothing else uses. */
function credentialFor(route: string, endpoint: Endpoint, people: People, dice: Dice): Credential {
  const credential = people.credential(dice, endpoint.allow);
  if (route !== 'logout' || credential.kind === 'bad') return credential;
  const token = people.spareToken(credential.person);
  return token === null
    ? { kind: 'bad', header: 'Bearer none.is.left', why: 'no token' }
    : { ...credential, token };
}

/** Why this caller must not be served; null when it may. */
function whoMayNot({ allow }: Endpoint, credential: Credential): string | null {
  if (allow === 'anyone') return null;
  if (credential.kind === 'bad') return credential.why;
  const { role } = credential.person.account;
  return mayCall({ allow }, role) ? null : `${role} is not among ${String(allow)}`;
}

interface Part {
  readonly text: string;
  readonly refused: string | null;
}

function pathOf(endpoint: Endpoint, dice: Dice, ids: KnownIds): Part {
  if (endpoint.params === undefined) return { text: endpoint.path, refused: null };
  const values: Record<string, string> = {};
  const { properties = {} } = jsonSchemaOf(endpoint.params);
  const good = (name: string): string => {
    const schema = properties[name] ?? {};
    if (schema.format === 'uuid') return ids.pick(dice, endpoint.path);
    // Half a character has no way over the wire.
    return String(allowed(schema, dice, ids, name)).toWellFormed();
  };
  const text = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const bad = dice.oneIn(10) ? dice.pick(badParams) : null;
    const value = bad ?? good(name);
    values[name] = value;
    return bad ?? encodeURIComponent(value);
  });
  const fits = endpoint.params.safeParse(values).success;
  return { text, refused: fits ? null : 'the parameters do not fit the contract' };
}

function queryOf(endpoint: Endpoint, dice: Dice, ids: KnownIds): Part {
  if (endpoint.query === undefined || dice.oneIn(8))
    return { text: dice.oneIn(30) ? dice.pick(badQueries) : '', refused: null };
  const values = allowed(jsonSchemaOf(endpoint.query), dice, ids) as Record<string, unknown>;
  const plain = new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  if (!dice.oneIn(6)) return { text: plain, refused: null };
  const bad = dice.pick(badQueries);
  return { text: plain === '' ? bad : `${plain}&${bad}`, refused: null };
}

interface BodyPart {
  readonly bytes: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly refused: string | null;
  readonly givenIds: readonly string[];
}

const json = { 'content-type': 'application/json' };
const noBody: BodyPart = { bytes: null, headers: {}, refused: null, givenIds: [] };

function bodyOf(endpoint: Endpoint, dice: Dice, ids: KnownIds): BodyPart {
  if (endpoint.body === undefined) {
    if (!dice.oneIn(20)) return dice.oneIn(3) ? { ...noBody, headers: json } : noBody;
    return { ...noBody, bytes: Buffer.from(brokenJson({ a: 1 }, dice)), headers: json };
  }
  const value = allowed(jsonSchemaOf(endpoint.body), dice, ids);
  const givenIds = idsGivenIn(value);
  if (dice.oneIn(40)) return { ...otherBody(value, dice), givenIds };
  const text = dice.oneIn(2) ? writeMarked(value) : brokenJson(value, dice);
  return { bytes: Buffer.from(text), headers: json, refused: misfit(endpoint, text), givenIds };
}

/** Of the body, and of each item of a batch. */
function idsGivenIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsGivenIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) =>
    name === 'id' && typeof field === 'string' ? [field] : idsGivenIn(field),
  );
}

/** Why a body is none that the contract allows, by the contract's own schema. */
function misfit(endpoint: Endpoint, text: string): string | null {
  let value: unknown;
  try {
    // A reader may pass over a byte-order mark (RFC 8259, 8.1), and the server's does.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return 'the body is no JSON';
  }
  return endpoint.body?.safeParse(value).success === true ? null : 'the body does not fit the contract';
}

function otherBody(value: unknown, dice: Dice): Omit<BodyPart, 'givenIds'> {
  const bytes = Buffer.from(JSON.stringify(value));
  switch (dice.below(5)) {
    case 0:
      return { bytes, headers: { 'content-type': dice.pick(badTypes) }, refused: null };
    case 1:
      return { bytes: Buffer.alloc(bodyBytesTooMany, ' '), headers: json, refused: 'the body is too large' };
    case 2:
      return {
        bytes: Buffer.concat([bytes.subarray(0, 12), Buffer.from([0xff, 0xfe, 0xc0]), bytes.subarray(12)]),
        headers: json,
        refused: null,
      };
    case 3:
      return {
        bytes,
        headers: { ...json, 'content-encoding': dice.pick(['gzip', 'br', 'x']) },
        refused: null,
      };
    default:
      return { ...noBody, headers: json, refused: 'there is no body' };
  }
}

function headersOf(credential: Credential, dice: Dice): Record<string, string> {
  const authorization = credential.kind === 'good' ? `Bearer ${credential.token}` : credential.header;
  const odd: Record<string, string>[] = [
    { traceparent: 'x'.repeat(2_000) },
    { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    { 'if-none-match': dice.pick(['*', '"pricing-1"', 'W/"pricing-1", "x"', ',,,']) },
    { accept: dice.pick(['text/html', 'application/xml;q=0', '']) },
    { 'x-forwarded-for': "127.0.0.1, ' OR 1=1" },
    { cookie: 'a=b; '.repeat(200) },
    { expect: '100-continue' },
  ];
  return {
    ...(authorization === null ? {} : { authorization }),
    ...(dice.oneIn(12) ? dice.pick(odd) : {}),
  };
}

/** Routes beside the table, and ones that are not there. */
function outsideTheContract(people: People, dice: Dice): FuzzRequest {
  const credential = people.credential(dice, 'account');
  const routes = ['/api/events', '/api/openapi.json', '/api/docs', '/metrics', '/'] as const;
  const strange = [
    '/api',
    '/api/',
    '/api/balance/',
    '/API/balance',
    '//api//balance',
    '/api/%',
    '/api/../api/balance',
  ];
  const route = dice.oneIn(3) ? dice.pick(strange) : dice.pick(routes);
  const events = route === '/api/events';
  return {
    route: routes.some((known) => known === route) ? route : 'unknown',
    endpoint: null,
    method: dice.oneIn(6) ? dice.pick(methods) : 'GET',
    path: route,
    headers: {
      ...headersOf(credential, dice),
      ...(events && dice.oneIn(2)
        ? { 'last-event-id': dice.pick(['0', '1', '-1', '9'.repeat(18), '9'.repeat(30), 'x']) }
        : {}),
    },
    body: null,
    person: credential.kind === 'good' ? credential.person : null,
    mustRefuse: events && credential.kind === 'bad' ? credential.why : null,
    givenIds: [],
    maySeeOthers: false,
  };
}
