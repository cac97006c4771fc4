import { yearSuite } from './year-suite.ts';

yearSuite(async () => undefined);
