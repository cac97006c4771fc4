/**
 * Remembers where the window was and how large, and brings it back there. It must never bring it back to where no
 * screen is: screens are unplugged, and made smaller.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const Place = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  maximized: z.boolean(),
});
export type WindowPlace = z.infer<typeof Place>;
export type Rectangle = Pick<WindowPlace, 'x' | 'y' | 'width' | 'height'>;

/** So much of the window's upper edge must be on a screen that a person can take hold of it. */
const gripWidthMin = 120;
const gripHeight = 32;

/** The kept place; null when there is none, or none that can be read: the window opens where the system puts it. */
export function readWindowPlace(path: string): WindowPlace | null {
  try {
    return Place.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Missing, half written or edited: there is nothing in it that would be missed.
    return null;
  }
}

/** Throws the file system's error. */
export function keepWindowPlace(path: string, place: WindowPlace): void {
  writeFileSync(`${path}.new`, JSON.stringify(Place.parse(place)), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Whether a person could take hold of a window at `place`, given the parts of the screens that windows may cover. */
export function isReachable(place: Rectangle, workAreas: readonly Rectangle[]): boolean {
  return workAreas.some((area) => {
    const width = Math.min(place.x + place.width, area.x + area.width) - Math.max(place.x, area.x);
    const isTopInside = place.y >= area.y && place.y + gripHeight <= area.y + area.height;
    return isTopInside && width >= Math.min(gripWidthMin, place.width);
  });
}
