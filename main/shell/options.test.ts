import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import { readStartOptions, serverOrigin, usualDataDir } from './options.ts';

test('Without options the desk starts by itself: any port, the usual folder, whichever shell there is', () => {
  expect(readStartOptions([])).toEqual({
    ok: true,
    options: { dataDir: null, serverUrl: null, port: 0, openBrowser: true, shell: 'auto', help: false },
  });
});

test('All options are read, with a space or with =', () => {
  const read = readStartOptions([
    '--data-dir=here',
    '--server',
    'https://b.example/',
    '--port',
    '80',
    '--no-open',
  ]);
  expect(read).toMatchObject({
    ok: true,
    options: { serverUrl: 'https://b.example', port: 80, openBrowser: false },
  });
  expect(read.ok && read.options.dataDir !== null && isAbsolute(read.options.dataDir)).toBe(true);
});

test.each([
  [['--bogus'], 'option_unknown', '--bogus'],
  [['-x'], 'option_unknown', '-x'],
  [['start'], 'option_unknown', 'start'],
  [['--port'], 'option_value', '--port'],
  [['--data-dir', '--no-open'], 'option_value', '--data-dir'],
  [['--data-dir='], 'option_value', '--data-dir'],
  [['--no-open=yes'], 'option_value', '--no-open'],
  [['--port', '65536'], 'port', '65536'],
  [['--port', '8o'], 'port', '8o'],
  [['--shell', 'tk'], 'shell', 'tk'],
  [['--server', 'billing.example'], 'server_address', 'billing.example'],
])('%j is refused as %s', (args, code, value) => {
  expect(readStartOptions(args)).toEqual({ ok: false, problem: { code, value } });
});

test('A server is named by its origin alone', () => {
  expect(serverOrigin('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080');
});

test.each([
  'ftp://a.example',
  'https://a.example/api',
  'https://u:p@a.example',
  'https://',
  '',
  'about:blank',
])('%j is no server address', (text) => {
  expect(serverOrigin(text)).toBeNull();
});

test('Data lives where the platform keeps it', () => {
  expect(usualDataDir('linux', { XDG_DATA_HOME: '/data' })).toBe('/data/Zhangtai');
  expect(usualDataDir('linux', { XDG_DATA_HOME: 'relative' })).toMatch(/\/\.local\/share\/Zhangtai$/);
  expect(usualDataDir('darwin', {})).toMatch(/\/Library\/Application Support\/Zhangtai$/);
  expect(usualDataDir('win32', { APPDATA: '/roaming' })).toBe('/roaming/Zhangtai');
});
