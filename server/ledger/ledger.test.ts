import { ledgerSuite } from './ledger-suite.ts';

ledgerSuite(async () => undefined);
