/**
 * Backups as the page commands them, and the daily one that nobody has to think of. A restore ends this engine's run: the
 * next one starts from what was brought back.
 */
import type { Backups } from '../cache/backups.ts';
import { problemOfError } from '../cache/database.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext, DeskPart } from '../desk/context.ts';

/** A backup is due when the last one is older than this. */
const dayMs = 24 * 3_600_000;
/** How often that is looked at; the first time a while after the start, so that it is not in the way of it. */
const lookEveryMs = 15 * 60_000;
const firstLookMs = 60_000;

export function registerBackupCommands(
  registry: CommandRegistry,
  desk: Pick<DeskContext, 'log' | 'clock'>,
  backups: Backups,
  onRestored: () => void,
): DeskPart {
  registry.handle('backup.list', () => answer({ folder: backups.folder, items: backups.list() }));

  registry.handle('backup.make', async () => answer(await backups.make()));

  registry.handle('backup.restore', ({ name }) => {
    const outcome = backups.restore(name);
    if (outcome.kind === 'not_found') return refuse('not_found', { name });
    if (outcome.kind === 'unreadable') return refuse('backup_unreadable', { name });
    if (outcome.kind === 'newer') return refuse('backup_newer', { name });
    desk.log.warn({ name, ...outcome.restored }, 'a backup was restored');
    onRestored();
    return answer(outcome.restored);
  });

  return daily(desk, backups);
}

function daily(desk: Pick<DeskContext, 'log' | 'clock'>, backups: Backups): DeskPart {
  let timer: NodeJS.Timeout | null = null;
  const look = async (): Promise<void> => {
    const [newest] = backups.list();
    if (newest !== undefined && desk.clock.now() - Date.parse(newest.at) < dayMs) return;
    await backups.make();
  };
  const schedule = (afterMs: number): void => {
    timer = setTimeout(() => {
      look()
        // A full disk must not stop the desk; the next look tries again.
        .catch((error: unknown) =>
          desk.log.error({ err: error, problem: problemOfError(error).code }, 'no daily backup'),
        )
        .finally(() => {
          if (timer !== null) schedule(lookEveryMs);
        });
    }, afterMs);
  };
  return {
    start: () => schedule(firstLookMs),
    async stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await backups.stop();
    },
  };
}
