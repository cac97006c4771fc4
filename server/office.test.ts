import { officeSuite } from './office-suite.ts';

officeSuite(async () => undefined);
