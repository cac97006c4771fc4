import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setAutostart } from './autostart.ts';

test('The desktop is told to start the app, whatever its path, and told no more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-autostart-'));
  const file = join(folder, 'autostart', 'zhangtai.desktop');
  try {
    setAutostart(false, '/opt/zhangtai', folder);
    setAutostart(true, '/opt/账 台/100%/$x/zhangtai', folder);
    expect(readFileSync(file, 'utf8')).toContain(String.raw`Exec="/opt/账 台/100%%/\\$x/zhangtai"` + '\n');
    setAutostart(false, '/opt/zhangtai', folder);
    expect(existsSync(file)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
