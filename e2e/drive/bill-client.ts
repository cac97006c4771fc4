/**
 * A client of the billing server that shares nothing with the desk but the written contract: it reads the ledger
 * as an auditor would, so that what it finds does not depend on the code that it checks.
 */
import { hash } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import { z } from 'zod';
import {
  Balance,
  Checkpoint,
  Device,
  Hold,
  JsonWebKeySet,
  Session,
  type Transaction,
  Transactions,
  type ChargeBody,
} from '../../shared/api.ts';
import { type PutPricingBody, Quote } from '../../shared/api-prices.ts';
import { Problem } from '../../shared/api-words.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const deviceId = 'demo-checker';

export class BillClient {
  readonly #base: string;
  readonly #email: string;
  #token = '';

  private constructor(base: string, email: string) {
    this.#base = base;
    this.#email = email;
  }

  static async signIn(serverUrl: string, email: string): Promise<BillClient> {
    const client = new BillClient(`${serverUrl}/api`, email);
    await client.#signIn();
    return client;
  }

  async #signIn(): Promise<void> {
    const email = this.#email;
    const body = { email, password: 'zhangtai-demo', deviceId, deviceName: 'Demo checker' };
    const response = await fetch(`${this.#base}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`sign-in of ${email} was answered ${response.status}`);
    this.#token = Session.parse(await response.json()).accessToken;
  }

  async send(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#sendOnce(method, path, body);
    if (answer.status !== 401) return answer;
    // A run may outlast an access token, or end all of them on purpose.
    await this.#signIn();
    return this.#sendOnce(method, path, body);
  }

  async #sendOnce(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.#base + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  async balance(): Promise<Balance> {
    return Balance.parse((await this.send('GET', '/balance')).body);
  }

  async openHolds(): Promise<Hold[]> {
    return z.object({ items: z.array(Hold) }).parse((await this.send('GET', '/holds?state=open')).body).items;
  }

  async devices(): Promise<z.infer<typeof Device>[]> {
    return z.object({ items: z.array(Device) }).parse((await this.send('GET', '/devices')).body).items;
  }

  /** All that come after number `afterSeq`, oldest first. */
  async transactions(afterSeq = 0): Promise<Transaction[]> {
    const all: Transaction[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? afterSeq;
      const answer = await this.send('GET', `/transactions?afterSeq=${after}&limit=1000`);
      const page = Transactions.parse(answer.body);
      all.push(...page.transactions);
      if (!page.hasMore) return all;
    }
  }

  /** Puts a price book in force; for one of finance. */
  async publish(prices: z.infer<typeof PutPricingBody>): Promise<void> {
    const { status } = await this.send('PUT', '/pricing', prices);
    if (status !== 200) throw new Error(`a price book was answered ${status}`);
  }

  async hold(id: string): Promise<Hold> {
    return Hold.parse((await this.send('GET', `/holds/${id}`)).body);
  }

  /** What one costs this account, as the server quotes it. */
  async unitPrice(platform: string, operation: string): Promise<string> {
    const answer = await this.send('POST', '/pricing/quote', { platform, operation, quantity: 1 });
    return Quote.parse(answer.body).unitNet;
  }

  /** Sets money aside, so that nobody else has it. */
  async setAside(id: string, amount: string): Promise<Hold> {
    const { status, body } = await this.send('POST', '/holds', { id, kind: 'reserve', amount, deviceId });
    if (status !== 201) throw new Error(`a hold of ${amount} was answered ${status}`);
    return Hold.parse(body);
  }

  async release(holdId: string): Promise<void> {
    const { status } = await this.send('POST', `/holds/${holdId}/release`);
    if (status !== 200) throw new Error(`the release of a hold was answered ${status}`);
  }

  async charge(body: ChargeBody): Promise<Answer> {
    return this.send('POST', '/billing/charge', body);
  }

  /** Whether the server's signature over the head of the chain is there and right, and names this head. */
  async checkpointHolds(head: string): Promise<boolean> {
    const checkpoint = Checkpoint.parse((await this.send('GET', '/receipts/checkpoint')).body);
    const keys = JsonWebKeySet.parse((await this.send('GET', '/receipts/keys')).body);
    const { payload } = await compactVerify(checkpoint.jws, createLocalJWKSet(keys));
    const signed = z
      .object({ seq: z.int(), head: z.string() })
      .parse(JSON.parse(new TextDecoder().decode(payload)));
    return signed.head === head && checkpoint.head === head && signed.seq === checkpoint.seq;
  }
}

export function problemCode(answer: Answer): string | null {
  const problem = Problem.safeParse(answer.body);
  return problem.success ? problem.data.code : null;
}

/** The number of the first row that does not link to the one before it, or null when the whole chain after `head` holds. */
export function firstBrokenLink(rows: readonly Transaction[], head = genesisHash): number | null {
  let previous = head;
  for (const row of rows) {
    const { prevHash: _prev, hash: _hash, ...content } = row;
    if (row.prevHash !== previous || hash('sha256', chainText(previous, content), 'hex') !== row.hash)
      return row.seq;
    previous = row.hash;
  }
  return null;
}
