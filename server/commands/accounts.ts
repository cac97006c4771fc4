/** Commands about one account: making it, freezing it, and how far it may owe. A password never comes as an argument. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Account } from '../../shared/api.ts';
import { MemberLevel, Role } from '../../shared/api-words.ts';
import { parseYuan, yuanText } from '../../shared/money.ts';
import { besideActs, tellAbout, tellBefore } from '../audit/acts.ts';
import type { Database } from '../database/database.ts';
import { createAccount, findForSignIn, normalEmail, setFrozen, setPassword } from '../identity/accounts.ts';
import { passwordLengthMin } from '../identity/passwords.ts';
import { endSignInsOf } from '../identity/sign-ins.ts';
import { Ledger } from '../ledger/ledger.ts';
import { keptSigner } from '../open-server.ts';
import { priceBookInForce } from '../pricing/price-books.ts';
import { CommandRefused, type Command, type CommandContext } from './command.ts';

const passwordLengthMax = 200;
const whose = { email: { hint: 'ADDRESS', help: 'the account', required: true, personal: true } } as const;

const NewAccountOptions = z.object({
  email: z.email().max(254),
  name: z.string().min(1).max(100),
  role: Role,
  memberLevel: MemberLevel,
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Asia/Shanghai'),
});

export const createAccountCommand: Command = {
  summary: 'Make an account; its password is read from standard input',
  options: {
    email: { hint: 'ADDRESS', help: 'what it signs in with', required: true, personal: true },
    name: { hint: 'NAME', help: 'what people see', required: true, personal: true },
    role: { hint: 'ROLE', help: `${Role.options.join(', ')} (operator)` },
    'member-level': { hint: 'LEVEL', help: `${MemberLevel.options.join(', ')} (none)` },
    'time-zone': { hint: 'ZONE', help: 'in which its days are cut (Asia/Shanghai)' },
  },
  database: 'new',
  act: true,
  async run({ database, nowMs, option, required, say, readSecret }) {
    const parsed = NewAccountOptions.safeParse({
      email: normalEmail(required('email')),
      name: required('name'),
      role: option('role') ?? 'operator',
      memberLevel: option('member-level') ?? 'none',
      timeZone: option('time-zone') ?? 'Asia/Shanghai',
    });
    if (!parsed.success) throw new CommandRefused(parsed.error.issues.map(issueText).join('\n'));
    const password = await newPassword(readSecret);
    const id = randomUUID();
    tellAbout(id);
    const made = await database.transaction((tx) =>
      createAccount(tx, { ...parsed.data, id, password }, nowMs),
    );
    if (!made) throw new CommandRefused(`${parsed.data.email} has an account already.`);
    say(`made ${parsed.data.role} ${parsed.data.email}, account ${id}`);
    return 0;
  },
};

export const freezeCommand: Command = {
  summary: 'Refuse an account new holds and charges; it may still read',
  options: whose,
  database: 'existing',
  act: true,
  run: (context) => freeze(context, true),
};

export const unfreezeCommand: Command = {
  summary: 'Let a frozen account spend again',
  options: whose,
  database: 'existing',
  act: true,
  run: (context) => freeze(context, false),
};

export const setDebtLimitCommand: Command = {
  summary: 'Let an account owe up to an amount; 0 makes it strict again',
  options: { ...whose, limit: { hint: 'YUAN', help: 'such as 200.00', required: true } },
  database: 'existing',
  act: true,
  async run({ database, nowMs, required, say }) {
    const limit = parseYuan(required('limit'));
    if (limit === null || limit < 0n)
      throw new CommandRefused('--limit must be an amount in yuan such as 200.00, zero or more.');
    const { id, email } = await accountOf(database, required('email'));
    tellAbout(id);
    const signer = await keptSigner(besideActs(database), nowMs);
    const ledger = new Ledger({ database, signer, clock: () => nowMs, priceBook: priceBookInForce });
    tellBefore({ limit: (await ledger.balance(id)).debtLimit ?? '0.00' });
    const refused = await ledger.setDebtLimit(id, limit);
    if (refused !== null)
      throw new CommandRefused(
        `The account owes or has promised more than that: the limit lacks ¥${String(refused.refused['shortfall'])}.`,
      );
    say(`${email} may owe up to ¥${yuanText(limit)}`);
    return 0;
  },
};

export const setPasswordCommand: Command = {
  summary: 'Give an account another password, read from standard input, and end all its sign-ins',
  options: whose,
  database: 'existing',
  act: true,
  async run({ database, nowMs, required, say, readSecret }) {
    const { id, email } = await accountOf(database, required('email'));
    const password = await newPassword(readSecret);
    tellAbout(id);
    const ended = await database.transaction(async (tx) => {
      await setPassword(tx, id, password, nowMs);
      return { signInsEnded: await endSignInsOf(tx, id, nowMs) };
    });
    say(`${email} has another password, and ${ended.signInsEnded} sign-ins have ended`);
    return 0;
  },
};

async function newPassword(readSecret: CommandContext['readSecret']): Promise<string> {
  const password = await readSecret('Password: ');
  if (password.length >= passwordLengthMin && password.length <= passwordLengthMax) return password;
  throw new CommandRefused(`A password has ${passwordLengthMin} to ${passwordLengthMax} characters.`);
}

async function freeze({ database, required, say }: CommandContext, frozen: boolean): Promise<number> {
  const { id, email } = await accountOf(database, required('email'));
  tellAbout(id);
  await database.transaction(async (tx) => {
    tellBefore({ frozen: await setFrozen(tx, id, frozen) });
    return { frozen };
  });
  say(`${email} is ${frozen ? 'frozen' : 'free to spend'}`);
  return 0;
}

/** Throws CommandRefused when there is none. */
async function accountOf(database: Database, email: string): Promise<Account> {
  const found = await findForSignIn(database, email);
  if (found === null) throw new CommandRefused(`${normalEmail(email)} has no account.`);
  return found.account;
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  const option = String(path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${option}: ${message}`;
}

function isTimeZone(timeZone: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false; // A RangeError: no zone of this name is known.
  }
}
