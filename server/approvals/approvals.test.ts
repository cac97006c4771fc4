import { openDatabase } from '../database/database.ts';
import { approvalsSuite } from './approvals-suite.ts';

approvalsSuite(() => openDatabase({}));
