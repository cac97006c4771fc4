/**
 * Remembers where the window was and how large, and brings it back there. It must never bring it back to where no
 * screen is: screens are unplugged, and made smaller.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface WindowPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
}
export type Rectangle = Pick<WindowPlace, 'x' | 'y' | 'width' | 'height'>;

/** So much of the window's upper edge must be on a screen that a person can take hold of it. */
const gripWidthMin = 120;
const gripHeight = 32;

/** The kept place; null when there is none, or none that can be read: the window opens where the system puts it. */
export function readWindowPlace(path: string): WindowPlace | null {
  try {
    return asPlace(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Missing, half written or edited: there is nothing in it that would be missed.
    return null;
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Looked at by hand: a start that loads a schema for five numbers shows its window later. */
function asPlace(read: Partial<Record<keyof WindowPlace, unknown>>): WindowPlace | null {
  const { x, y, width, height, maximized } = read;
  if (!isWhole(x) || !isWhole(y) || !isWhole(width) || !isWhole(height) || typeof maximized !== 'boolean')
    return null;
  return width > 0 && height > 0 ? { x, y, width, height, maximized } : null;
}

/** Throws the file system's error. */
export function keepWindowPlace(path: string, place: WindowPlace): void {
  writeFileSync(`${path}.new`, JSON.stringify(place), { mode: 0o600 });
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
