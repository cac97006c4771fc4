/** What a command of the server is: one thing done to its data from a terminal, told in lines, ended by a status. */
import type { Environment } from '../config.ts';
import type { Database } from '../database/database.ts';

export interface CommandOption {
  /** What stands for the value in the usage. */
  readonly hint: string;
  readonly help: string;
  readonly required?: boolean;
  /** It says whose account it is: the audit log keeps it beside the chain, where it can be erased. */
  readonly personal?: true;
}

export interface CommandContext {
  readonly database: Database;
  readonly nowMs: number;
  readonly env: Environment;
  /** The value of an option that was given. */
  readonly option: (name: string) => string | undefined;
  /** The value of an option that is required: without it the command does not run. */
  readonly required: (name: string) => string;
  readonly say: (line: string) => void;
  /** The first line of standard input; asked for where somebody sits at a terminal, and not shown. */
  readonly readSecret: (prompt: string) => Promise<string>;
}

export interface Command {
  readonly summary: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** The option whose value may stand first without its name. */
  readonly operand?: string;
  /**
   * `new`: may begin in an empty folder. `existing`: the folder must be there; both are brought to this program's
   * schema first. `empty`: may begin in an empty folder, and the command migrates. `as_it_is`: nothing may be changed,
   * so an older schema is refused. `scratch`: an empty one of its own, which is gone with the command.
   */
  readonly database: 'new' | 'existing' | 'empty' | 'as_it_is' | 'scratch';
  /** An administrative act: what it changes has its entry in the audit log. */
  readonly act?: true;
  /** The exit status: 0 done, 1 not. Throws CommandRefused to say why not. */
  readonly run: (context: CommandContext) => Promise<number>;
}

/** The command cannot do this; the message is a sentence for the person at the terminal. */
export class CommandRefused extends Error {}
