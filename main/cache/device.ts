/**
 * Who this desk is to the server. The only writer of `device`. The id is made once and never changes: a second copy of
 * the data folder is the same device, which is how the server notices a number used twice (S2, S8).
 */
import { hostname } from 'node:os';
import { v7 as uuidv7 } from 'uuid';
import type { Cache } from './database.ts';

export interface Device {
  readonly deviceId: string;
  readonly name: string;
}

export function readDevice(cache: Cache): Device {
  const select = cache.sql.prepare<[], { device_id: string; name: string }>(
    'SELECT device_id, name FROM device',
  );
  const stored = select.get();
  if (stored !== undefined) return { deviceId: stored.device_id, name: stored.name };
  const device = { deviceId: uuidv7(), name: hostname().slice(0, 100) || 'desk' };
  cache.sql
    .prepare('INSERT INTO device (only_row, device_id, name) VALUES (1, ?, ?)')
    .run(device.deviceId, device.name);
  return device;
}
