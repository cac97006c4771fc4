import { testBackups } from './backups-suite.ts';

testBackups(async () => undefined);
