/**
 * Makes a year in the empty database that DATABASE_URL names and prints what it made as a line of JSON: for the
 * benchmark, and for whoever wants to look at a full desk. `--small` for the one of the tests. Never to be used on a
 * database that means anything.
 */
import { parseArgs } from 'node:util';
import { readDatabasePlace } from '../config.ts';
import { openPlace } from '../open-place.ts';
import { fullYear, makeYear, smallYear } from './test-year.ts';

const { values } = parseArgs({
  options: {
    small: { type: 'boolean' },
    people: { type: 'string' },
    seed: { type: 'string' },
    'data-dir': { type: 'string' },
  },
});
const problems: string[] = [];
const place = readDatabasePlace({ given: values['data-dir'], demo: false, env: process.env }, problems);
if (place.databaseUrl === null) problems.push('DATABASE_URL names no database.');
if (problems.length > 0) throw new Error(problems.join(' '));
const size = values.small === true ? smallYear : fullYear;
const people = Number(values.people ?? size.people);
const seed = Number(values.seed ?? size.seed);
const database = await openPlace(place);
try {
  const made = await makeYear(database, { ...size, people, seed, password: 'zhangtai-year' });
  process.stdout.write(`${JSON.stringify(made)}\n`);
} finally {
  await database.close();
}
