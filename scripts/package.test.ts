// Proves that the packager takes electron-builder.yml for every system, not only the one that the tests run on.
import { join } from 'node:path';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import { expect, test } from 'vitest';
import { fromEnvironment } from './package.ts';

const root = join(import.meta.dirname, '..');
const read = () => getConfig(root, join(root, 'electron-builder.yml'), null);
const valid = async (config: object) => validateConfiguration(config, new DebugLogger(false));

test('The packager takes the configuration, with what the environment adds, for all three systems', async () => {
  const config = await read();
  const published = {
    ZHANGTAI_UPDATE_URL: 'https://updates.example/desk',
    ZHANGTAI_PUBLISHER: 'Example Ltd',
  };
  for (const platform of ['win32', 'darwin', 'linux'] as const)
    for (const env of [{}, published])
      await expect(valid({ ...config, ...fromEnvironment(env, platform) })).resolves.toBeUndefined();
  expect(config.win?.target).toEqual(['nsis', 'portable']);
  expect(config.mac?.target).toEqual(['dmg', 'zip']);
  expect(config.linux?.target).toEqual(['AppImage', 'deb']);
});

test('A setting that there is not is refused, so that a slip of the pen is no open door', async () => {
  const config = await read();
  await expect(valid({ ...config, electronFuses: { runAsNod: false } })).rejects.toThrow(
    /configuration\.electronFuses/,
  );
});

test('An app that updates itself is signed; one that does not asks nobody', () => {
  expect(fromEnvironment({}, 'win32')).toEqual({ publish: null, forceCodeSigning: false });
  const env = { ZHANGTAI_UPDATE_URL: 'https://u.example', ZHANGTAI_PUBLISHER: 'P' };
  expect(fromEnvironment(env, 'darwin')).toMatchObject({ forceCodeSigning: true });
  expect(fromEnvironment(env, 'win32')).toEqual({
    publish: { provider: 'generic', url: 'https://u.example' },
    forceCodeSigning: true,
    win: { signtoolOptions: { publisherName: 'P' } },
  });
});
