import { openDatabase } from '../database/database.ts';
import { testPayments } from './payments-suite.ts';

testPayments(() => openDatabase({}));
