import { largeSumsSuite } from './large-sums-suite.ts';

largeSumsSuite(async () => undefined);
