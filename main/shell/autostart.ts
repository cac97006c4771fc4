/**
 * Has a Linux desktop start the app when the person signs in, by the file that freedesktop.org describes for it. Other
 * systems are told through Electron. It must never touch another app's file.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `configHome`: the person's configuration folder. Throws the file system's error. */
export function setAutostart(wanted: boolean, program: string, configHome: string): void {
  const folder = join(configHome, 'autostart');
  const file = join(folder, 'zhangtai.desktop');
  if (!wanted) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(folder, { recursive: true });
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Zhangtai',
    `Exec=${quoted(program)}`,
    'Terminal=false',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
}

/** The specification's quoting: within double quotes, and a percent sign, which would begin a field code, doubled. */
function quoted(program: string): string {
  return `"${program
    .replaceAll(/[\\"`$]/g, String.raw`\$&`)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('%', '%%')}"`;
}
