import { modelSuite } from './model-suite.ts';

modelSuite(async () => undefined);
