import { booksSuite } from './books-suite.ts';

booksSuite(async () => undefined);
