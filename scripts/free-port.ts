/**
 * Ports for what tests, proofs and measurements start, which end and come back on the port that they had. It must never
 * name one that a system hands out by itself: while its owner is down, any connection could be given that.
 */
import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';

/** Linux hands them out from here on, other systems from 49,152. */
const handedOutFrom = 32_768;

/** A port of 127.0.0.1 that is free; this process is not given it again. */
export async function freePort(): Promise<number> {
  // From anywhere on, so that two processes that look at the same moment do not find the same one.
  const from = randomInt(20_000, handedOutFrom - 2_000);
  return getPort({ host: '127.0.0.1', port: portNumbers(from, handedOutFrom - 1), reserve: true });
}
