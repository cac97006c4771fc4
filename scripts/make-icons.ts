/**
 * Makes every icon of the app from the one drawing, renderer/icon.svg: `node scripts/make-icons.ts`. The results are
 * kept under build/, so that packaging needs no browser. It must never be part of a build.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from '@playwright/test';
import { findChromium } from './test-programs.ts';

const root = dirname(import.meta.dirname);
const build = join(root, 'build');

/** The drawing at `size` pixels, as PNG files by size. Chromium draws it as the page's own icon is drawn. */
async function draw(sizes: readonly number[]): Promise<Map<number, Buffer>> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no Chromium here: run node scripts/setup-browser.ts');
  const svg = readFileSync(join(root, 'renderer', 'icon.svg')).toString('base64');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const images = new Map<number, Buffer>();
    for (const size of sizes) {
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(
        `<style>html,body{margin:0;background:transparent}img{display:block;width:${size}px;height:${size}px}</style>` +
          `<img src="data:image/svg+xml;base64,${svg}">`,
      );
      images.set(size, await page.screenshot({ omitBackground: true }));
    }
    return images;
  } finally {
    await browser.close();
  }
}

/** Windows' container: a header, one entry for each picture, then the pictures as they are. */
function ico(images: readonly (readonly [number, Buffer])[]): Buffer {
  const header = Buffer.alloc(6 + 16 * images.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(images.length, 4);
  let offset = header.length;
  for (const [index, [size, image]] of images.entries()) {
    const entry = 6 + 16 * index;
    // One byte each; 0 stands for 256.
    header.writeUInt8(size % 256, entry);
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(image.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += image.length;
  }
  return Buffer.concat([header, ...images.map(([, image]) => image)]);
}

/** One block of macOS' container: a type of four letters, the length of the whole, and what is in it. */
function icnsBlock(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(content.length + 8, 4);
  return Buffer.concat([head, content]);
}

/** macOS' container: a block of blocks, whose types tell the pictures' sizes. */
function icns(pictures: readonly (readonly [string, Buffer])[]): Buffer {
  return icnsBlock('icns', Buffer.concat(pictures.map(([type, picture]) => icnsBlock(type, picture))));
}

const linuxSizes = [16, 32, 48, 64, 128, 256, 512];
const windowsSizes = [16, 24, 32, 48, 64, 128, 256];
/** Apple's names of the blocks that hold PNG pictures. */
const macSizes = {
  icp4: 16,
  icp5: 32,
  ic07: 128,
  ic08: 256,
  ic09: 512,
  ic10: 1024,
  ic11: 32,
  ic12: 64,
  ic13: 256,
  ic14: 512,
};

const images = await draw([...new Set([...linuxSizes, ...windowsSizes, ...Object.values(macSizes)])]);
const image = (size: number): Buffer => images.get(size) ?? Buffer.alloc(0);

rmSync(build, { recursive: true, force: true });
for (const folder of ['icons', 'images']) mkdirSync(join(build, folder), { recursive: true });
for (const size of linuxSizes) writeFileSync(join(build, 'icons', `${size}x${size}.png`), image(size));
writeFileSync(join(build, 'icon.ico'), ico(windowsSizes.map((size) => [size, image(size)])));
writeFileSync(
  join(build, 'icon.icns'),
  icns(Object.entries(macSizes).map(([type, size]) => [type, image(size)])),
);
// What the running app shows by itself: in the tray, with its twin for dense screens, and on a window's frame.
writeFileSync(join(build, 'images', 'tray.png'), image(16));
writeFileSync(join(build, 'images', 'tray@2x.png'), image(32));
writeFileSync(join(build, 'images', 'window.png'), image(256));
