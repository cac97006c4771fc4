/**
 * Work that time makes due, by name: the server runs each once a minute, and a person may run one by hand. What is due
 * is in the tables, found by an index and done under the account's lock, so that any number of processes may run a job
 * at once and none does a thing twice; a queue beside them would be a second truth. A job must never end the process.
 */
import { expireRequests } from './approvals/approvals.ts';
import { inAct } from './audit/acts.ts';
import { forgetEntriesBefore } from './audit/audit-log.ts';
import type { Backups } from './backups/backups.ts';
import type { Database } from './database/database.ts';
import { keepErasures } from './erasures.ts';
import { forgetSignInsBefore } from './identity/sign-ins.ts';
import { resealAll } from './reseal-all.ts';
import type { Finance } from './finance-of.ts';
import type { Ledger } from './ledger/ledger.ts';
import { sweptAccountsMax } from './ledger/ledger.ts';
import type { Memberships } from './members/memberships.ts';
import type { Metering } from './metering/metering.ts';
import type { Reconciling } from './reconciliation/reconciling.ts';
import { tellFindings } from './tell-findings.ts';

export interface JobDependencies {
  readonly ledger: Ledger;
  readonly memberships: Memberships;
  readonly metering: Metering;
  readonly reconciling: Reconciling;
  /** Null where no backups are set up. */
  readonly backups: Backups | null;
  readonly database: Database;
  readonly finance: Pick<Finance, 'reports' | 'watch'>;
  readonly keep: Keep;
  readonly clock: () => number;
}

/** For how long what is not the ledger is kept; null: for ever. */
export interface Keep {
  readonly auditMs: number | null;
  readonly signInsMs: number | null;
}

export interface JobReport {
  /** What was done, in a line. */
  readonly said: string;
  /** What could not be done; the next run tries again. */
  readonly failed: readonly unknown[];
}

export interface Job {
  readonly summary: string;
  readonly run: (deps: JobDependencies) => Promise<JobReport>;
}

export const jobs = {
  sweep: {
    summary: 'End holds and batches whose time is over, and forget old events',
    async run({ ledger }: Pick<JobDependencies, 'ledger'>) {
      let accounts = 0;
      const failed: unknown[] = [];
      for (;;) {
        const swept = await ledger.sweep();
        accounts += swept.accounts;
        failed.push(...swept.failed);
        // Accounts that fail stay due: without progress there is no sense in going on.
        if (swept.accounts + swept.failed.length < sweptAccountsMax || swept.failed.length > 0)
          return { said: `${accounts} accounts had something over`, failed };
      }
    },
  },
  memberships: {
    summary: "Bring the quotas of members' new months, end memberships that are over",
    async run({ memberships }: Pick<JobDependencies, 'memberships'>) {
      const { renewed, ended, failed } = await memberships.runDue();
      return { said: `${renewed} members have a new month, ${ended} memberships ended`, failed };
    },
  },
  metering: {
    summary: 'Charge calls that are owed, where there is enough by now',
    async run({ metering }: Pick<JobDependencies, 'metering'>) {
      const { paid, failed } = await metering.collectOwed();
      return { said: `${paid} calls that were owed are paid`, failed };
    },
  },
  approvals: {
    summary: 'End requests that have waited too long for a second person',
    async run({ database, ledger, clock }: Pick<JobDependencies, 'database' | 'ledger' | 'clock'>) {
      const expired = (await expireRequests(database, clock())) + (await ledger.expireAdjustments());
      return { said: `${expired} requests have expired`, failed: [] };
    },
  },
  reconciliation: {
    summary: "Hold days that are over against WeChat's bills, and the ledger against itself",
    async run({ reconciling }: Pick<JobDependencies, 'reconciling'>) {
      const { done, failed } = await reconciling.runDue();
      return { said: `${done} days were reconciled`, failed };
    },
  },
  reseal: {
    summary: 'Seal under the newest key what an older one sealed',
    async run({ database }: Pick<JobDependencies, 'database'>) {
      const counts = await resealAll(database);
      return { said: `${counts} values are sealed anew`, failed: [] };
    },
  },
  retention: {
    summary: 'Forget entries of the audit log and sign-ins that are older than what is kept',
    async run({ database, keep, clock }: Pick<JobDependencies, 'database' | 'keep' | 'clock'>) {
      const { entries, signIns } = await forgetWhatIsOld(database, keep, clock());
      return { said: `${entries} entries and ${signIns} sign-ins are forgotten`, failed: [] };
    },
  },
  finance: {
    summary:
      'Add new rows to the sums of reports, look for unusual days and budgets that are reached, and tell of them',
    async run({
      database,
      clock,
      finance: { reports, watch },
    }: Pick<JobDependencies, 'database' | 'clock' | 'finance'>) {
      await reports.catchUp();
      const { days, found } = await watch.run();
      // Also what a run found that ended before it told.
      const told = await tellFindings(database, clock);
      return {
        said: `${days} days were looked at, ${found} findings are new, ${told} were told`,
        failed: [],
      };
    },
  },
  erasures: {
    summary: 'Tell beside the backups which accounts are erased, and erase again what a restore brought back',
    async run({ database, backups, clock }: Pick<JobDependencies, 'database' | 'backups' | 'clock'>) {
      const again = backups === null ? 0 : await keepErasures(database, backups.settings, clock());
      return { said: `${again} accounts are erased again`, failed: [] };
    },
  },
  backup: {
    summary: "Write the day's backup once it is due, prove it, and remove what need not be kept",
    async run({ backups }: Pick<JobDependencies, 'backups'>) {
      if (backups === null) return { said: 'no backups are set up', failed: [] };
      const { made, failed } = await backups.runDue();
      return { said: made === null ? 'no backup was made' : `${made} was written and verified`, failed };
    },
  },
} as const satisfies Record<string, Job>;

async function forgetWhatIsOld(
  database: Database,
  { auditMs, signInsMs }: Keep,
  nowMs: number,
): Promise<{ entries: number; signIns: number }> {
  // Entries of the log that are forgotten leave one that says so, in the same transaction; where none is old, none.
  const act = { action: 'retention', traceId: '', by: { role: 'server' }, from: {}, asked: { auditMs } };
  const forgotten =
    auditMs === null
      ? null
      : await inAct(act, () => database.transaction((tx) => forgetEntriesBefore(tx, nowMs - auditMs)));
  const signIns = signInsMs === null ? 0 : await forgetSignInsBefore(database, nowMs - signInsMs);
  return { entries: forgotten?.entries ?? 0, signIns };
}

export type JobName = keyof typeof jobs;

export function isJob(name: string): name is JobName {
  return Object.hasOwn(jobs, name);
}
