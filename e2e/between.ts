/**
 * Stands between the page and its engine, so that a test sees what a screen shows while an answer is waited for, is refused
 * or is another one. Of the web shell alone; it changes nothing at the engine or the server.
 */
import type { Page } from '@playwright/test';
import { expect } from './desk.ts';

export interface Between {
  /** The answers of these commands are kept until they are let through. */
  hold(...names: string[]): void;
  /** These commands are refused with a problem's code in the engine's stead. */
  refuse(code: string, ...names: string[]): void;
  /** A command is answered with this in the engine's stead; each input that it is then given is kept. */
  answer(name: string, output: unknown): unknown[];
  /** Whatever was held is answered, and nothing is held, refused or answered in its stead any more. */
  letThrough(): void;
}

/** Stands between the page and the engine from now on; the page is read anew. */
export async function standBetween(page: Page): Promise<Between> {
  const held = new Set<string>();
  const refused = new Map<string, string>();
  const answered = new Map<string, { readonly output: unknown; readonly inputs: unknown[] }>();
  let kept: (() => void)[] = [];
  await page.routeWebSocket(/\/bridge$/, (socket) => {
    const engine = socket.connectToServer();
    socket.onMessage((text) => {
      const { id, name, input } = JSON.parse(String(text)) as { id: number; name: string; input: unknown };
      const code = refused.get(name);
      const instead = answered.get(name);
      if (instead !== undefined) {
        instead.inputs.push(input);
        socket.send(JSON.stringify({ id, reply: { ok: true, output: instead.output } }));
      } else if (code !== undefined)
        socket.send(JSON.stringify({ id, reply: { ok: false, problem: { code, params: {} } } }));
      else if (held.has(name)) kept.push(() => engine.send(text));
      else engine.send(text);
    });
  });
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  return {
    hold: (...names) => names.forEach((name) => held.add(name)),
    refuse: (code, ...names) => names.forEach((name) => refused.set(name, code)),
    answer(name, output) {
      const inputs: unknown[] = [];
      answered.set(name, { output, inputs });
      return inputs;
    },
    letThrough() {
      held.clear();
      refused.clear();
      answered.clear();
      for (const send of kept) send();
      kept = [];
    },
  };
}
