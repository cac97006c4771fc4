import { billsSuite } from './bills-suite.ts';

billsSuite(async () => undefined);
