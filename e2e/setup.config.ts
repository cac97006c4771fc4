/**
 * What a run needs before its first test: the desk built from today's sources and, where there is none, a virtual
 * display for Electron's windows. It must never take the place of a display that is there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FullConfig } from '@playwright/test';
import { buildChanged } from '../scripts/build.ts';
import { electronForTests } from '../scripts/test-programs.ts';

/** Playwright calls this before the first worker starts; the workers inherit DISPLAY. Returns how to end it. */
export default async function setUp(config: FullConfig): Promise<() => void> {
  await buildChanged('fromSources');
  const electron = electronForTests();
  const wanted = config.projects.some((project) => project.name === 'electron');
  if (!wanted || electron.kind === 'missing' || electron.xvfb === null) return () => undefined;
  const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'];
  const xvfb = spawn(electron.xvfb, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const numbers = xvfb.stdio[3];
  if (numbers === null || numbers === undefined) throw new Error('Xvfb was started without its display pipe');
  // It writes the number of the display it took once clients may connect.
  const [number] = (await Promise.race([
    once(numbers, 'data'),
    once(xvfb, 'exit').then(() => Promise.reject(new Error('Xvfb ended before it had a display'))),
  ])) as [Buffer];
  process.env['DISPLAY'] = `:${number.toString().trim()}`;
  return () => void xvfb.kill('SIGTERM');
}
