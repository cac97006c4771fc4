/** Runs a benchmark program that lives beside the desk's code, in a process of its own, and reads its rows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchRow } from './row.ts';

/** Rows as a program in a process of its own gives them. */
export const Rows = z.array(
  z.object({
    name: z.string(),
    unit: z.string(),
    ours: z.number().positive(),
    reference: z.number().positive(),
    referenceName: z.string(),
    bar: z.union([z.object({ atLeast: z.number() }), z.object({ atMost: z.number() })]),
    notes: z.string().exactOptional(),
  }),
);

/** The program prints its rows as one line of JSON on standard output. */
export async function benchDesk(program: string, ...args: readonly string[]): Promise<BenchRow[]> {
  const child = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, '..', program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
  return Rows.parse(JSON.parse(text));
}
