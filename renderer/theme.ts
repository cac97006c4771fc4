/**
 * The page's colours and fonts: Fluent's own themes with fonts that hold Chinese. Components use tokens and must
 * never name a colour.
 */
import { useSyncExternalStore } from 'react';
import { teamsHighContrastTheme, webDarkTheme, webLightTheme, type Theme } from '@fluentui/react-components';
import type { Settings } from '../shared/ipc-desk.ts';

const fonts: Partial<Theme> = {
  fontFamilyBase:
    '"Segoe UI", -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  fontFamilyNumeric:
    '"Segoe UI", -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  fontFamilyMonospace: 'Consolas, "SF Mono", "Liberation Mono", "Noto Sans Mono CJK SC", monospace',
};

/** Fluent has one colour there for all that a chart's third and later series are drawn in: they are told apart like the first two. */
const contrastSeries: Partial<Theme> = {
  colorPaletteTealBorderActive: '#ffff01',
  colorPaletteLilacBorderActive: '#3ff23f',
  colorPaletteBrownBorderActive: '#ff8a8a',
};

const themes = {
  light: { ...webLightTheme, ...fonts },
  dark: { ...webDarkTheme, ...fonts },
  'high-contrast': { ...teamsHighContrastTheme, ...contrastSeries, ...fonts },
} satisfies Record<string, Theme>;

export type Shade = keyof typeof themes;

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', changed);
      return () => list.removeEventListener('change', changed);
    },
    () => window.matchMedia(query).matches,
  );
}

/** The shade to draw in: the setting's, or the system's where the setting follows it. */
export function useShade(setting: Settings['theme']): Shade {
  const dark = useMedia('(prefers-color-scheme: dark)');
  const forced = useMedia('(forced-colors: active)');
  if (setting !== 'system') return setting;
  if (forced) return 'high-contrast';
  return dark ? 'dark' : 'light';
}

export function themeOf(shade: Shade): Theme {
  return themes[shade];
}
