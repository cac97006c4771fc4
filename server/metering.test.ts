import { meteringSuite } from './metering-suite.ts';

meteringSuite(async () => undefined);
