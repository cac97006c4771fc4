import { describe, expect, it } from 'vitest';
import { assetText, assetUnits, debtLimitDefault, lifeMsDefault, parseAssetUnits } from './assets.ts';

describe('amounts of any asset', () => {
  it.each([
    ['CNY', '1.20', 1_200_000n],
    ['POINT', '12', 12n],
    ['TEXT_TOKEN', '-3', -3n],
  ])('reads and writes %s %s', (asset, text, units) => {
    expect(assetUnits(asset, text)).toBe(units);
    expect(parseAssetUnits(asset, text)).toBe(units);
    expect(assetText(asset, units)).toBe(text);
  });

  it.each([
    ['POINT', '1.5'],
    ['POINT', '1.00'],
    ['POINT', 'x'],
    ['CNY', '0.1234567'],
  ])('does not take %s %s for an amount', (asset, text) => {
    expect(parseAssetUnits(asset, text)).toBe(null);
  });

  it('lets points be owed, and nothing else, until finance says otherwise', () => {
    expect(debtLimitDefault('POINT')).toBe(1_000n);
    expect(debtLimitDefault('CNY')).toBe(0n);
    expect(debtLimitDefault('IMAGE_QUOTA')).toBe(0n);
  });

  it('lets points live for 180 days, and nothing else end by itself', () => {
    expect(lifeMsDefault('POINT')).toBe(15_552_000_000);
    expect(lifeMsDefault('TEXT_TOKEN')).toBe(null);
  });
});
