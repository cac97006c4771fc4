/** Days as WeChat's bills have them: China's, which has had no summer time since 1991. Text such as `2026-11-21`. */

const offsetMs = 8 * 3_600_000;
export const dayMs = 86_400_000;

export function chinaDayOf(ms: number): string {
  return new Date(ms + offsetMs).toISOString().slice(0, 10);
}

/** Its first millisecond. */
export function startOfChinaDay(day: string): number {
  return Date.parse(`${day}T00:00:00.000+08:00`);
}

export function chinaDayAfter(day: string, days = 1): string {
  return chinaDayOf(startOfChinaDay(day) + days * dayMs);
}
