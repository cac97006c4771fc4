import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditEntry, ChainedAuditEntry } from '../../shared/api-audit.ts';
import { genesisHash, linkText } from '../../shared/chain.ts';
import { freshFolder } from '../sync/test-desk.ts';
import { startAuditExport, type AuditExport } from './audit-export.ts';

let folder: ReturnType<typeof freshFolder>;
let path: string;
beforeEach(() => {
  folder = freshFolder();
  path = join(folder.path, 'audit.csv');
});
afterEach(() => folder.remove());

/** A chain of so many entries, newest first. */
function chain(count: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let prevHash = genesisHash;
  for (let seq = 1; seq <= count; seq += 1) {
    const chained: ChainedAuditEntry = {
      seq,
      at: new Date(Date.UTC(2026, 10, 1) + seq * 1_000).toISOString(),
      traceId: `trace-${seq}`,
      action: 'adjust',
      outcome: 'done',
      reason: seq % 2 === 0 ? '=1+1, "quoted"' : '补偿',
      asked: { z: '1.00', a: [1, { 账户: 'x' }] },
      origin: hash('sha256', String(seq)),
    };
    const own = hash('sha256', linkText(prevHash, chained));
    entries.unshift({ ...chained, prevHash, hash: own, from: { ip: '127.0.0.1' }, actorName: '演示财务' });
    prevHash = own;
  }
  return entries;
}

async function* inPages(entries: readonly AuditEntry[], size: number): AsyncGenerator<AuditEntry[]> {
  for (let from = 0; from < entries.length; from += size) yield entries.slice(from, from + size);
}

const asked = (pages: AuditExport['pages']): AuditExport => ({
  language: 'zh-CN',
  timeZone: 'Asia/Shanghai',
  pages,
});

test('every line holds what its hash is of, and the line before it, whatever page it came on', async () => {
  const entries = chain(457);
  const told: number[] = [];
  const run = startAuditExport({ path }, asked(inPages(entries, 200)), ({ written }) => told.push(written));
  expect(await run.end).toEqual({ kind: 'done', written: 457 });
  const [header, ...lines] = parse(readFileSync(path), { bom: true });
  expect(header?.slice(-3)).toEqual(['记录原文（按此计算哈希）', '上一条哈希', '哈希']);
  expect(lines.map(([seq]) => Number(seq))).toEqual(entries.map(({ seq }) => seq));
  for (const line of lines) {
    const [entry, previous, own] = line.slice(-3);
    expect(hash('sha256', `${previous}\n${entry}`)).toBe(own);
  }
  // What a spreadsheet program would run is guarded where people read it, and untouched where it is proved.
  expect(lines[1]?.[9]).toBe(`'=1+1, "quoted"`);
  expect(told[0]).toBe(0);
});

test('what the server no longer answers leaves no file behind, and neither does what was cancelled', async () => {
  async function* broken(): AsyncGenerator<AuditEntry[]> {
    yield chain(10);
    throw new Error('the server is gone');
  }
  const failed = await startAuditExport({ path }, asked(broken()), () => undefined).end;
  expect(failed).toMatchObject({ kind: 'failed', code: 'export_failed' });
  const run = startAuditExport({ path }, asked(inPages(chain(300), 60)), () => undefined);
  run.cancel();
  expect(await run.end).toEqual({ kind: 'cancelled' });
  expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false]);
});
