import { openDatabase } from '../database/database.ts';
import { protectionSuite } from './protection-suite.ts';

protectionSuite(() => openDatabase({}));
