import { sellingSuite } from './selling-suite.ts';

sellingSuite(async () => undefined);
