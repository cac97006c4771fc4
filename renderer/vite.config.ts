/**
 * How the page is built. It must never let an inline script or style file into index.html: both shells serve the
 * page under a content security policy that refuses them.
 */
import react from '@vitejs/plugin-react';
import { defineConfig, type Rolldown } from 'vite';

/** What of a module's importers decides in which file it goes. */
type Importers = Pick<Rolldown.ModuleInfo, 'importers' | 'dynamicImporters' | 'isEntry'>;

/**
 * What a start does without is three files: the contract with the engine, the screens and dialogs but the first, and the
 * back office. A module goes where it is needed first; one that is reached through a list of many is taken by the second.
 */
function lateFileOf(id: string, context: Rolldown.ChunkingContext): string {
  const reached = new Set<string>();
  const files = new Set<string>();
  const climb = (at: string): void => {
    if (reached.has(at)) return;
    reached.add(at);
    const info: Importers | null = context.getModuleInfo(at);
    if (info === null) return;
    if (info.isEntry) files.add('rest');
    if (info.dynamicImporters.length > 0)
      files.add(at.endsWith('/contract.ts') ? 'contract' : at.endsWith('/Office.tsx') ? 'office' : 'rest');
    for (const importer of info.importers) climb(importer);
  };
  climb(id);
  return files.has('contract') ? 'contract' : files.has('rest') ? 'rest' : 'office';
}

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
    // The page is loaded from the machine itself: few big files are quicker than many small ones.
    chunkSizeWarningLimit: 4_000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'start', tags: ['$initial'], priority: 1 },
            { name: lateFileOf, debugName: 'contract, rest, office' },
          ],
        },
      },
    },
  },
});
