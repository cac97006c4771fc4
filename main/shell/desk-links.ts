/**
 * Reads the `zhangtai://` links that other programs may open the desk with. A link names a place to look at and nothing
 * else: it must never carry a command, an amount or an address, and what does not match to the letter is no link.
 */
import type { z } from 'zod';
import { events } from '../../shared/ipc.ts';

export type DeskPlace = z.infer<typeof events.open>;

/** The longest link there is: a campaign's. */
const linkCharactersMax = 60;

/** `zhangtai://screen/NAME` or `zhangtai://campaign/ID`; null for anything else. */
export function readDeskLink(text: string): DeskPlace | null {
  if (text.length > linkCharactersMax) return null;
  const [, kind, value] = /^zhangtai:\/\/(screen|campaign)\/([a-z0-9-]+)\/?$/.exec(text) ?? [];
  const place = kind === 'screen' ? { kind, screen: value } : { kind, id: value };
  return events.open.safeParse(place).data ?? null;
}
