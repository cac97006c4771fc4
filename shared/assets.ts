/**
 * What an account can have of: money (CNY, kept in micro-yuan) and anything counted in whole units, such as points,
 * tokens or images. The list is open: a new asset is a name of the contract's pattern, and nothing else. It must never
 * let a fraction of a unit pass.
 */
import { parseYuan, yuan, yuanText } from './money.ts';

/** The one asset that has fractions. */
export const cny = 'CNY';

/** An amount of any asset from its wire text, which a schema has checked: micro-yuan of CNY, units of others. */
export function assetUnits(asset: string, text: string): bigint {
  return asset === cny ? yuan(text) : BigInt(text);
}

/** The same for a text that nobody has checked against its asset: null where it is not an amount of it. */
export function parseAssetUnits(asset: string, text: string): bigint | null {
  const micros = parseYuan(text);
  if (asset === cny || micros === null) return micros;
  return /^-?\d+$/.test(text) ? BigInt(text) : null;
}

export function assetText(asset: string, units: bigint): string {
  return asset === cny ? yuanText(units) : units.toString();
}

/** Points may be owed: a job is paid when it is done, and can cost more than was estimated. */
const debtLimits: ReadonlyMap<string, bigint> = new Map([['POINT', 1_000n]]);

/** How far an account's new wallet of this asset may go below zero, until finance says otherwise; 0: strict. */
export function debtLimitDefault(asset: string): bigint {
  return debtLimits.get(asset) ?? 0n;
}

const dayMs = 86_400_000;
const lives: ReadonlyMap<string, number> = new Map([['POINT', 180 * dayMs]]);

/** How long a batch of the asset lives where nobody says; null: for ever. */
export function lifeMsDefault(asset: string): number | null {
  return lives.get(asset) ?? null;
}
