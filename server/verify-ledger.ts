/** `npm run verify-ledger -- [options]`: the command of that name. It must never do anything else. */
import { runCommand } from './commands/run-command.ts';

process.exitCode = await runCommand('verify-ledger', process.argv.slice(2), process.env);
