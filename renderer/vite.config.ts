/**
 * How the page is built. It must never let an inline script or style file into index.html: both shells serve the
 * page under a content security policy that refuses them.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  base: './',
  build: {
    // Relative to this folder.
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // The oldest page engine the product is tested on: Electron 25's Chromium.
    target: 'chrome114',
    modulePreload: { polyfill: false },
    // Fonts and pictures come as files of the page's own origin, not as data: addresses.
    assetsInlineLimit: 0,
    // The page is loaded from the machine itself: one big file is quicker than a split that is fetched anyway.
    chunkSizeWarningLimit: 4_000,
  },
});
