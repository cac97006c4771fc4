/** Makes the demonstration's list of targets: 500 good ones among bad lines and repeated ones, as exports tend to be. */

import { seededChance } from '../drive/chance.ts';

export interface TargetsFile {
  readonly csv: string;
  readonly good: number;
  readonly duplicates: number;
  readonly bad: number;
}

export function makeTargets(seed: number, good: number): TargetsFile {
  const next = seededChance(seed);
  const lines = ['用户ID,昵称,备注'];
  const ids: string[] = [];
  let duplicates = 0;
  let bad = 0;
  while (ids.length < good) {
    const dice = next();
    const earlier = ids[Math.floor(next() * ids.length)];
    if (dice < 0.04 && earlier !== undefined) {
      lines.push(`${earlier},重复,`);
      duplicates += 1;
    } else if (dice < 0.06) {
      lines.push(`,没有编号,`);
      bad += 1;
    } else if (dice < 0.07) {
      lines.push(`"user ${ids.length} with spaces",带空格,`);
      bad += 1;
    } else if (dice < 0.08) {
      lines.push(`=HYPERLINK(1),公式,`);
      bad += 1;
    } else {
      const id = `xhs_${seed}_${Math.floor(next() * 2 ** 40).toString(36)}_${ids.length}`;
      ids.push(id);
      lines.push(`${id},"昵称, ${ids.length}",`);
    }
  }
  return { csv: `${lines.join('\r\n')}\r\n`, good, duplicates, bad };
}
