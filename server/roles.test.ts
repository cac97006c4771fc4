import { openDatabase } from './database/database.ts';
import { rolesSuite } from './roles-suite.ts';

rolesSuite(() => openDatabase({}));
