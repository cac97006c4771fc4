/**
 * Names a call: the same conversation, user and call always have the same id, whichever process asks, so that the desk
 * charges it once. It must never change: a usage that waits in a file is known to the server by it.
 */

/** What makes a call one of a kind. A try that reaches the model again is another call. */
export interface CallKey {
  readonly conversation: string;
  readonly user: string;
  readonly call: string;
}

/** Never to be changed. */
const namespace = '3f9c2a52-6d0e-4c61-9f39-5d1b8f7a7c10';

/** A UUID of version 5 (RFC 9562, 5.5) over the three, each apart from the next whatever it contains. */
export async function callId({ conversation, user, call }: CallKey): Promise<string> {
  const name = new TextEncoder().encode(JSON.stringify([conversation, user, call]));
  const space = Uint8Array.from(namespace.replaceAll('-', '').match(/../g) ?? [], (hex) => parseInt(hex, 16));
  const given = new Uint8Array(space.length + name.length);
  given.set(space);
  given.set(name, space.length);
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-1', given)).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
