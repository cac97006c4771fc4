/**
 * Preloaded into the desk's engine by a chaos run: sets its clock off by as many milliseconds as a file says, read at the
 * start and at each SIGUSR2. It must never be part of the product.
 */
import { readFileSync } from 'node:fs';

const file = process.env['CHAOS_CLOCK_FILE'];
if (file === undefined) throw new Error('CHAOS_CLOCK_FILE names no file');
const rightNow = Date.now.bind(Date);
let offsetMs = 0;
const read = (): void => {
  offsetMs = Number(readFileSync(file, 'utf8'));
};
read();
process.on('SIGUSR2', read);
Date.now = () => rightNow() + offsetMs;
