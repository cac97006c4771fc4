import { membershipsSuite } from './memberships-suite.ts';

membershipsSuite(async () => undefined);
