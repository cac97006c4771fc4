/**
 * What both shells say about the page's files: where they are, their types and the headers they are served with.
 * It must never allow a script that is not one of these files.
 */
import { join, normalize, sep } from 'node:path';

/** `sockets`: what the page's bridge connects to, as a list for connect-src. */
function contentSecurityPolicy(sockets: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    // Griffel, Fluent's styling engine, writes style elements while the page runs.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${sockets}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * The headers of every answer to the page. `socketPort` is the port of its socket; without one, the page speaks
 * through Electron's own channel.
 */
export function pageHeaders(socketPort?: number): Record<string, string> {
  // Named beside 'self', which not every browser takes to cover a socket of the same origin.
  const sockets =
    socketPort === undefined ? '' : ` ws://127.0.0.1:${socketPort} ws://localhost:${socketPort}`;
  return {
    'content-security-policy': contentSecurityPolicy(sockets),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'x-frame-options': 'DENY',
  };
}

/** Media types of what a build of the page consists of. */
const mediaTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  ttf: 'font/ttf',
  woff: 'font/woff',
  woff2: 'font/woff2',
  map: 'application/json',
};

/** The type of a file by its name's end; null: the page has no such files. */
export function mediaType(path: string): string | null {
  return mediaTypes[path.slice(path.lastIndexOf('.') + 1)] ?? null;
}

/** The file that an address's path stands for, or null when it would lie outside the page's folder. */
export function pageFile(folder: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    // Not an encoded path at all.
    return null;
  }
  if (decoded.includes('\0')) return null;
  const file = normalize(join(folder, decoded === '/' ? 'index.html' : decoded));
  return file.startsWith(folder + sep) ? file : null;
}
