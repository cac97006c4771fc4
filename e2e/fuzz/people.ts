/**
 * Who sends the fuzzer's requests: the demonstration's accounts with tokens that are good, old, foreign or none, and
 * whose every id in an answer is. It must never let an id count as somebody's that he did not use himself.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { Session, type Account } from '../../shared/api.ts';
import { mayCall, type Endpoint } from '../../shared/endpoints.ts';
import type { Dice } from './dice.ts';
import type { KnownIds } from './values.ts';

const emails = ['operator', 'premium', 'finance', 'checker', 'admin', 'auditor'].map(
  (name) => `${name}@demo.example`,
);
const password = 'zhangtai-demo';
/** Ids that are kept to be named again, an account. */
const idsKeptMax = 300;
const uuidText = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Where the ids come from that a field of this name wants; ids of charges are one namespace with all money's. */
const collections: Readonly<Record<string, string>> = {
  holdId: '/hold',
  chargeId: '/billing/charge',
  id: '/billing/charge',
};

/** `/holds`, `/holds/:id` and `/holds/:id/extend` are about the same things. */
function collectionOf(path: string): string {
  return path.replace(/\/:.*$/, '').replace(/s$/, '');
}

export interface Person {
  readonly account: Account;
  /** The token of a sign-in that is never ended on purpose. */
  readonly token: string;
}

export type Credential =
  /** `token` is a good one of `person`. */
  | { readonly kind: 'good'; readonly person: Person; readonly token: string }
  | { readonly kind: 'bad'; readonly header: string | null; readonly why: string };

export class People {
  readonly list: readonly Person[];
  readonly #secret: string;
  /** Who has used an id. Ids of accounts count as their account's. */
  readonly #users = new Map<string, Set<string>>();
  readonly #recent = new Map<string, string[]>();
  readonly #shared = new Set<string>();
  readonly #giving = new Set<{ readonly accountId: string; readonly ids: ReadonlySet<string> }>();
  /** Sign-ins that may be used up: ended, or renewed until they are refused. */
  readonly #spare: Session[] = [];

  constructor(list: readonly Person[], secret: string) {
    this.list = list;
    this.#secret = secret;
    for (const { account } of list) this.used(account.id, '/accounts', account.id);
  }

  /** `path`: of the endpoint under which the id was given. */
  used(accountId: string, path: string, id: string): void {
    const key = id.toLowerCase();
    this.#users.set(key, (this.#users.get(key) ?? new Set()).add(accountId));
    this.remember(accountId, path, id);
  }

  /** Keeps an id to be named again, without making it anybody's. */
  remember(accountId: string, path: string, id: string): void {
    const place = `${accountId} ${collectionOf(path)}`;
    const recent = this.#recent.get(place) ?? [];
    recent.push(id.toLowerCase());
    if (recent.length > idsKeptMax) recent.shift();
    this.#recent.set(place, recent);
  }

  /** While a request is under way its ids may show up in what its sender reads. Returns what ends that. */
  giving(accountId: string, ids: readonly string[]): () => void {
    const entry = { accountId, ids: new Set(ids.map((id) => id.toLowerCase())) };
    this.#giving.add(entry);
    return () => this.#giving.delete(entry);
  }

  keepSpare(session: Session): void {
    this.#spare.push(session);
  }

  /** A token of `person` whose sign-in may be ended; null when there is none. */
  spareToken(person: Person): string | null {
    const index = this.#spare.findIndex(({ account }) => account.id === person.account.id);
    return this.#spare.splice(index, index === -1 ? 0 : 1)[0]?.accessToken ?? null;
  }

  /** Finance gives ids to what it does for others: they are seen by both from now on. */
  givenForOthers(id: string): void {
    this.#shared.add(id.toLowerCase());
  }

  /** What in `text` belongs to somebody else alone; null when nothing does. */
  foreign(person: Person | null, text: string): string | null {
    for (const [id] of text.matchAll(uuidText)) {
      const key = id.toLowerCase();
      const users = this.#users.get(key);
      if (users === undefined || this.#shared.has(key) || users.has(person?.account.id ?? '')) continue;
      const given = [...this.#giving].some(
        ({ accountId, ids }) => accountId === person?.account.id && ids.has(key),
      );
      if (!given) return id;
    }
    for (const { account } of this.list) {
      if (account.id === person?.account.id) continue;
      if (text.includes(account.email)) return account.email;
      if (text.includes(account.name)) return account.name;
    }
    return null;
  }

  /** Mostly a good token; else one that must not let anybody in. */
  credential(dice: Dice, allow: Endpoint['allow']): Credential {
    const person = this.#caller(dice, allow);
    if (!dice.oneIn(10)) return { kind: 'good', person, token: person.token };
    const other = dice.pick(this.list.filter((one) => one !== person));
    const [head = '', claims = '', signature = ''] = person.token.split('.');
    const [, otherClaims = ''] = other.token.split('.');
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
    const bad: readonly (readonly [string, string | null])[] = [
      ['no token', null],
      ['an empty token', 'Bearer '],
      ['another scheme', `Basic ${Buffer.from('operator:demo').toString('base64')}`],
      ['words', 'Bearer not.a.token'],
      ['a cut token', `Bearer ${person.token.slice(0, -2)}`],
      ["another's claims", `Bearer ${head}.${otherClaims}.${signature}`],
      ['no algorithm', `Bearer ${encoded({ alg: 'none', typ: 'JWT' })}.${claims}.`],
      ['another secret', `Bearer ${signed(read, 'another secret of the same length, or so')}`],
      ['an expired token', `Bearer ${signed({ ...read, exp: 1_700_000_000 }, this.#secret)}`],
      ['another account', `Bearer ${signed({ ...read, sub: other.account.id }, this.#secret)}`],
      ['an unknown sign-in', `Bearer ${signed({ ...read, sid: randomUUID() }, this.#secret)}`],
      [
        'claims of other types',
        `Bearer ${signed({ ...read, sub: { id: 1 }, sid: '1 OR 1=1' }, this.#secret)}`,
      ],
    ];
    const [why, header] = dice.pick(bad);
    return { kind: 'bad', header, why };
  }

  /** Mostly somebody who may call it, and of those the two who have money. */
  #caller(dice: Dice, allow: Endpoint['allow']): Person {
    if (dice.oneIn(4)) return dice.pick(this.list);
    if (typeof allow === 'string') return dice.pick(this.list.slice(0, 2));
    return dice.pick(this.list.filter(({ account }) => mayCall({ allow }, account.role)));
  }

  /** Ids that `person` may name: new ones, its own and, so that they are refused, those of others. */
  idsFor(person: Person | null): KnownIds {
    return {
      refreshToken: () => this.#spare.shift()?.refreshToken ?? null,
      pick: (dice, of) => {
        if (of === 'accountId' && !dice.oneIn(8)) return dice.pick(this.list).account.id;
        if (dice.oneIn(of === 'id' ? 2 : 8)) return dice.uuid();
        const whose = person !== null && !dice.oneIn(4) ? person : dice.pick(this.list);
        const recent = this.#recent.get(`${whose.account.id} ${collections[of] ?? collectionOf(of)}`) ?? [];
        return recent.length > 0 ? this.#cased(dice, dice.pick(recent)) : dice.uuid();
      },
    };
  }

  #cased(dice: Dice, id: string): string {
    return dice.oneIn(10) ? id.toUpperCase() : id;
  }
}

export async function signEverybodyIn(serverUrl: string, secret: string): Promise<People> {
  const list: Person[] = [];
  for (const email of emails) {
    const { account, accessToken } = await signIn(serverUrl, email);
    list.push({ account, token: accessToken });
  }
  const people = new People(list, secret);
  for (const email of emails) people.keepSpare(await signIn(serverUrl, email));
  return people;
}

/** Signs in, apart from the fuzzing. */
export async function signIn(serverUrl: string, email: string): Promise<Session> {
  const reply = await fetch(`${serverUrl}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, deviceId: 'fuzz-1', deviceName: 'Fuzzer' }),
  });
  if (!reply.ok) throw new Error(`the sign-in of ${email} was answered ${reply.status}`);
  return Session.parse(await reply.json());
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signed(claims: object, secret: string): string {
  const content = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}
