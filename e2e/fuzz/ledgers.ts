/**
 * What must still hold of the money when the fuzzing is over, read through the API as any customer could, and once
 * more by the verifier on the closed database. It must never write.
 */
import { hash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { Balance, LedgerDigest, Transactions, type Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { assetText, assetUnits } from '../../shared/assets.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Person } from './people.ts';

async function read<S extends z.ZodType>(
  serverUrl: string,
  person: Person,
  path: string,
  schema: S,
): Promise<z.output<S>> {
  const headers = { authorization: `Bearer ${person.token}` };
  let reply = await fetch(`${serverUrl}/api${path}`, { headers });
  // A quick run has used up what one address may ask in a minute.
  while (reply.status === 429) {
    await delay(Number(reply.headers.get('retry-after')) * 1_000);
    reply = await fetch(`${serverUrl}/api${path}`, { headers });
  }
  if (!reply.ok) throw new Error(`${path} was answered ${reply.status} for ${person.account.email}`);
  return schema.parse(await reply.json());
}

export async function allTransactions(serverUrl: string, person: Person): Promise<Transaction[]> {
  const rows: Transaction[] = [];
  for (;;) {
    const afterSeq = rows.at(-1)?.seq ?? 0;
    const page = await read(serverUrl, person, `/transactions?afterSeq=${afterSeq}&limit=5000`, Transactions);
    rows.push(...page.transactions);
    if (!page.hasMore) return rows;
  }
}

/** Sentences about what does not agree; empty when all does. */
export async function ledgerProblems(serverUrl: string, person: Person): Promise<string[]> {
  const rows = await allTransactions(serverUrl, person);
  const balance = await read(serverUrl, person, '/balance', Balance);
  const digest = await read(serverUrl, person, '/transactions/digest', LedgerDigest);
  const problems: string[] = [];
  const expect = (what: string, expected: unknown, found: unknown): void => {
    if (expected !== found)
      problems.push(`${person.account.email}: ${what} is ${String(found)}, not ${String(expected)}`);
  };
  const sums = new Map<string, bigint>();
  let head = genesisHash;
  for (const [index, row] of rows.entries()) {
    const { prevHash, hash: stated, ...content } = row;
    const { asset } = row;
    const sum = (sums.get(asset) ?? 0n) + assetUnits(asset, row.amount);
    sums.set(asset, sum);
    expect(`number of row ${index + 1}`, index + 1, row.seq);
    expect(`account of row ${row.seq}`, person.account.id, row.accountId);
    expect(`balance after row ${row.seq}`, assetText(asset, sum), row.balanceAfter);
    expect(`link of row ${row.seq}`, head, prevHash);
    expect(`hash of row ${row.seq}`, hash('sha256', chainText(head, content), 'hex'), stated);
    head = stated;
  }
  const money = sums.get('CNY') ?? 0n;
  expect('the balance', yuanText(money), balance.balance);
  expect('the head', head, balance.head);
  expect('the number of the last row', rows.length, balance.seq);
  expect('what is available', yuanText(money - yuan(balance.held)), balance.available);
  const assets = new Set([...sums.keys(), ...Object.keys(digest.sums)]);
  for (const asset of assets) {
    const sum = sums.get(asset) ?? 0n;
    expect(`the digest of ${asset}`, assetText(asset, sum), digest.sums[asset] ?? assetText(asset, 0n));
  }
  expect('the count of the digest', rows.length, digest.count);
  return problems;
}

/** Runs the verifier on a database that nobody has open. */
export async function verifierProblems(dataDir: string): Promise<string[]> {
  const root = join(import.meta.dirname, '../..');
  const verifier = spawn(process.execPath, ['server/start.ts', 'verify-ledger', '--data-dir', dataDir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [verifier.stdout, verifier.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = await once(verifier, 'close');
  return code === 0 ? [] : [`the verifier ended with ${String(code)}: ${said.trim()}`];
}
