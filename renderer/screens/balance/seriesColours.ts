/** The chart's colours, one a platform, told apart in light, dark and high contrast and by those who confuse red and green. */
import { tokens } from '@fluentui/react-components';

const colours = [
  tokens.colorBrandForeground1,
  tokens.colorPaletteMarigoldBorderActive,
  tokens.colorPaletteTealBorderActive,
  tokens.colorPaletteLilacBorderActive,
  tokens.colorPaletteBrownBorderActive,
] as const;

/** The colour of the platform at a place in the chart's order; they repeat after the fifth. */
export function seriesColour(index: number): string {
  return colours[index % colours.length] ?? colours[0];
}
