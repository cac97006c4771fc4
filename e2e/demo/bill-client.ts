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
  Hold,
  JsonWebKeySet,
  Problem,
  Session,
  type Transaction,
  Transactions,
  type ChargeBody,
} from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class BillClient {
  readonly #base: string;
  readonly #token: string;

  private constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  static async signIn(serverUrl: string, email: string): Promise<BillClient> {
    const base = `${serverUrl}/api`;
    const body = { email, password: 'zhangtai-demo', deviceId: 'demo-checker', deviceName: 'Demo checker' };
    const response = await fetch(`${base}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`sign-in of ${email} was answered ${response.status}`);
    return new BillClient(base, Session.parse(await response.json()).accessToken);
  }

  async send(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
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

  async transactions(): Promise<Transaction[]> {
    const all: Transaction[] = [];
    for (;;) {
      const answer = await this.send('GET', `/transactions?afterSeq=${all.at(-1)?.seq ?? 0}&limit=1000`);
      const page = Transactions.parse(answer.body);
      all.push(...page.transactions);
      if (!page.hasMore) return all;
    }
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

/** The number of the first row that does not link to the one before it, or null when the whole chain holds. */
export function firstBrokenLink(rows: readonly Transaction[]): number | null {
  let previous = genesisHash;
  for (const row of rows) {
    const { prevHash: _prev, hash: _hash, ...content } = row;
    if (row.prevHash !== previous || hash('sha256', chainText(previous, content), 'hex') !== row.hash)
      return row.seq;
    previous = row.hash;
  }
  return null;
}
