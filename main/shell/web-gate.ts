/**
 * Decides who may speak with the loopback web shell: the browser that opened the link printed in the terminal, and
 * no other page, program or machine. It must never let a token be used twice.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

/** The few parts of a request that the decision rests on. */
export interface Visit {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly cookie: string | undefined;
  /** The path without its query, and the query's token. */
  readonly path: string;
  readonly token: string | null;
  /** Whether it wants to become a socket. */
  readonly upgrade: boolean;
}

export type Admission =
  | { readonly kind: 'admitted' }
  /** The token was right: set this cookie and go to `/`. */
  | { readonly kind: 'exchanged'; readonly setCookie: string }
  /** Not by its link: told how to get in. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'refused' };

export interface WebGate {
  /** Valid until it is used. */
  readonly token: string;
  admit(visit: Visit): Admission;
}

function same(given: string, kept: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(kept);
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieValue(header: string | undefined, name: string): string | null {
  const pair = header?.split(';').find((part) => part.trim().startsWith(`${name}=`));
  return pair === undefined ? null : pair.trim().slice(name.length + 1);
}

/** A gate for a shell that listens on `port` of the loopback address. */
export function webGate(port: number): WebGate {
  const token = randomBytes(32).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  // Cookies do not tell ports apart, so the name does: several desks may run on one machine.
  const cookieName = `zhangtai_${port}`;
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  let tokenUsed = false;

  return {
    token,
    admit: (visit) => {
      // A foreign Host is a name that was made to point here (DNS rebinding).
      if (visit.host === undefined || !hosts.has(visit.host)) return { kind: 'refused' };
      if (visit.method !== 'GET' && visit.method !== 'HEAD') return { kind: 'refused' };
      const foreign = visit.origin !== `http://${visit.host}`;
      if (foreign && (visit.upgrade || visit.origin !== undefined)) return { kind: 'refused' };
      const cookie = cookieValue(visit.cookie, cookieName);
      if (visit.path === '/' && visit.method === 'GET' && visit.token !== null && same(visit.token, token)) {
        // A reload of the link by the browser that used it is no second use.
        if (cookie !== null && same(cookie, secret)) return { kind: 'exchanged', setCookie: cookieText() };
        if (!tokenUsed) {
          tokenUsed = true;
          return { kind: 'exchanged', setCookie: cookieText() };
        }
      }
      return cookie !== null && same(cookie, secret) ? { kind: 'admitted' } : { kind: 'locked' };
    },
  };

  function cookieText(): string {
    // It outlives the browser's closing, not the desk's: each start makes a new secret.
    return `${cookieName}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000`;
  }
}
