import { openDatabase } from '../database/database.ts';
import { auditSuite } from './audit-suite.ts';

auditSuite(() => openDatabase({}));
