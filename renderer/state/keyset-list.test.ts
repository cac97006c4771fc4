import { describe, expect, it } from 'vitest';
import { createKeysetList, type PageReply } from './keyset-list.ts';

interface Row {
  readonly n: number;
  readonly text: string;
}

/** A source of numbered rows whose pages are answered by hand, in the order of the asking. */
function bench(count: number) {
  const asked: { after: number; limit: number; answer: (reply?: PageReply<Row>) => void }[] = [];
  let text = 'old';
  const page = (after: number, limit: number): PageReply<Row> => {
    const items = Array.from({ length: Math.max(0, Math.min(limit, count - after)) }, (_, index) => ({
      n: after + index + 1,
      text,
    }));
    return { ok: true, items, ended: after + items.length >= count, total: count };
  };
  const list = createKeysetList<Row>({
    keyOf: (row) => row.n,
    read: (row, limit) =>
      new Promise((resolve) => {
        const after = row?.n ?? 0;
        asked.push({ after, limit, answer: (reply = page(after, limit)) => resolve(reply) });
      }),
  });
  return {
    list,
    asked,
    change: () => {
      text = 'new';
    },
    shorten: (to: number) => {
      count = to;
    },
  };
}

const refused: PageReply<Row> = { ok: false, problem: { code: 'engine_stopped', params: {} } };

describe('a keyset list', () => {
  it('reads page after page and knows its end', async () => {
    const { list, asked } = bench(250);
    const first = list.reset();
    asked[0]!.answer();
    await first;
    const second = list.more();
    asked[1]!.answer();
    await second;
    await list.more();
    expect(asked.map(({ after, limit }) => [after, limit])).toEqual([
      [0, 200],
      [200, 200],
    ]);
    expect(list.store.getState()).toMatchObject({ ended: true, loading: false, total: 250 });
    expect(list.store.getState().rows).toHaveLength(250);
  });

  it('has one page under way at most', () => {
    const { list, asked } = bench(1_000);
    void list.reset();
    void list.more();
    void list.more();
    expect(asked).toHaveLength(1);
  });

  it('drops the answer to a question that was replaced', async () => {
    const { list, asked, change } = bench(10);
    const stale = list.reset();
    const fresh = list.reset();
    change();
    asked[1]!.answer();
    await fresh;
    asked[0]!.answer({ ok: true, items: [{ n: 99, text: 'stale' }], ended: true, total: 1 });
    await stale;
    expect(list.store.getState().rows.map(({ text }) => text)).toEqual(
      Array.from({ length: 10 }, () => 'new'),
    );
  });

  it('tells a failed page and tries it again only when asked to', async () => {
    const { list, asked } = bench(10);
    const first = list.reset();
    asked[0]!.answer(refused);
    await first;
    await list.more();
    expect(asked).toHaveLength(1);
    expect(list.store.getState()).toMatchObject({ loading: false, problem: { code: 'engine_stopped' } });
    const again = list.retry();
    asked[1]!.answer();
    await again;
    expect(list.store.getState()).toMatchObject({ problem: null, ended: true });
  });

  it('renews a stretch in place and keeps what follows it', async () => {
    const { list, asked, change } = bench(400);
    const first = list.reset();
    asked[0]!.answer();
    await first;
    change();
    const again = list.reread(100, 109);
    asked[1]!.answer();
    await again;
    expect(asked[1]).toMatchObject({ after: 100, limit: 50 });
    const { rows } = list.store.getState();
    expect(rows).toHaveLength(200);
    expect(rows.filter(({ text }) => text === 'new').map(({ n }) => n)).toEqual(
      Array.from({ length: 50 }, (_, index) => 101 + index),
    );
  });

  it('cuts what follows a stretch that has become shorter', async () => {
    const { list, asked, shorten } = bench(150);
    const first = list.reset();
    asked[0]!.answer();
    await first;
    shorten(120);
    const again = list.reread(100, 149);
    asked[1]!.answer();
    await again;
    expect(list.store.getState()).toMatchObject({ ended: true, total: 120 });
    expect(list.store.getState().rows).toHaveLength(120);
  });

  it('renews once more when it was asked to meanwhile', async () => {
    const { list, asked } = bench(50);
    const first = list.reset();
    asked[0]!.answer();
    await first;
    const again = list.reread(0, 9);
    await list.reread(0, 9);
    await list.reread(0, 9);
    asked[1]!.answer();
    await expect.poll(() => asked.length).toBe(3);
    asked[2]!.answer();
    await again;
    expect(asked).toHaveLength(3);
  });
});
