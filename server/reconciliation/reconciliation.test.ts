import { testReconciliation } from './reconciliation-suite.ts';

testReconciliation(async () => undefined, { each: 5 });
