import { financeSuite } from './finance-suite.ts';

financeSuite(async () => undefined);
