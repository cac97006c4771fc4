import { openDatabase } from './database/database.ts';
import { testApi } from './api-suite.ts';

testApi(() => openDatabase({}));
