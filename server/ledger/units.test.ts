import { unitsSuite } from './units-suite.ts';

unitsSuite(async () => undefined);
