/** One timed job, run now: for a person who does not want to wait, or whose server is not running. */
import { readBackups } from '../backups/backup-settings.ts';
import { pino } from 'pino';
import { readBusinessZone, readKeep } from '../config.ts';
import { finance } from '../finance-of.ts';
import { isJob, jobs } from '../jobs.ts';
import { Ledger } from '../ledger/ledger.ts';
import { memberships } from '../memberships-of.ts';
import { Metering } from '../metering/metering.ts';
import { openPayments } from '../open-payments.ts';
import { keptSigner, openBackups } from '../open-server.ts';
import { readWechat } from '../payments/wechat-settings.ts';
import { priceBookInForce } from '../pricing/price-books.ts';
import { Reconciling } from '../reconciliation/reconciling.ts';
import { CommandRefused, type Command } from './command.ts';

const names = Object.entries(jobs).map(([name, { summary }]) => `${name}: ${summary}`);

export const runJobCommand: Command = {
  summary: 'Do now what a timed job has to do, and say what it did',
  operand: 'job',
  options: { job: { hint: 'NAME', help: Object.keys(jobs).join(' or '), required: true } },
  database: 'existing',
  async run({ database, nowMs, env, option, required, say }) {
    const name = required('job');
    if (!isJob(name))
      throw new CommandRefused(`There is no job ${name}. These are the jobs:\n${names.join('\n')}`);
    const problems: string[] = [];
    const wechat = readWechat(env, problems);
    const keep = readKeep(env, problems);
    const backups = readBackups(env, problems);
    if (problems.length > 0) throw new CommandRefused(problems.join('\n'));
    const clock = () => nowMs;
    const signer = await keptSigner(database, nowMs);
    const ledger = new Ledger({ database, signer, clock, priceBook: priceBookInForce });
    const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
    const payments = await openPayments({ demo: false, wechat }, { database, ledger, clock, log });
    const deps = {
      database,
      clock,
      keep,
      ledger,
      memberships: memberships({ database, ledger, clock }),
      metering: new Metering({ database, ledger, clock }),
      reconciling: new Reconciling({ database, ledger, clock, wechat: payments }),
      finance: finance({ database, clock, businessZone: zoneOfEnvironment() }),
      backups: openBackups(backups, database, option('data-dir') ?? null),
    };
    const { said, failed } = await jobs[name].run(deps);
    say(said);
    for (const error of failed) say(`not done: ${error instanceof Error ? error.message : String(error)}`);
    return failed.length === 0 ? 0 : 1;
  },
};

function zoneOfEnvironment(): string {
  const problems: string[] = [];
  const zone = readBusinessZone(process.env, problems);
  const [problem] = problems;
  if (problem !== undefined) throw new CommandRefused(problem);
  return zone;
}
