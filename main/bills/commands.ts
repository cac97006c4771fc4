/**
 * The page's commands about a provider's bill: open a file, see what a mapping makes of it, send it to the server. One bill
 * is open at a time, until it is sent. A file is sent whole or stays unsent; sent again after a broken line, it is the same bill.
 */
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import {
  billLinesTogetherMax,
  type BillLine,
  type ProviderBill,
  type UnnamedChoice,
} from '../../shared/api-bills.ts';
import type { CommandInput } from '../../shared/ipc.ts';
import { answer, refuse, type CommandRegistry, type Handled } from '../desk/commands.ts';
import type { DeskContext, DeskPart } from '../desk/context.ts';
import { fromCallFailure } from '../sync/call-problem.ts';
import { openBill, type OpenBill } from './bill-file.ts';

export type BillsDesk = Pick<DeskContext, 'client' | 'session'>;

interface Open {
  readonly id: string;
  readonly fileName: string;
  readonly fileHash: string;
  readonly businessZone: string;
  readonly bill: OpenBill;
  /** Under which it was sent, and how it was read then: read otherwise it is another bill. */
  sent: { readonly id: string; readonly as: string } | null;
}

export function registerBillCommands(registry: CommandRegistry, desk: BillsDesk): Pick<DeskPart, 'stop'> {
  let open: Open | null = null;
  const close = async (): Promise<void> => {
    const before = open;
    open = null;
    await before?.bill.close();
  };
  const find = (id: string): Open | null => (open?.id === id ? open : null);

  registry.handle('bill.open', async ({ fileName, base64 }) => {
    if (desk.session.account() === null) return refuse('signed_out');
    await close();
    const kept = await desk.client.call('billMappings', {});
    if (kept.kind === 'not_modified') throw new Error('mappings were answered with not_modified');
    if (kept.kind !== 'ok') return refuse(fromCallFailure(kept));
    const bytes = Buffer.from(base64, 'base64');
    const fileHash = createHash('sha256').update(bytes).digest('hex');
    const bill = openBill(bytes);
    const read = await bill.opened;
    if (!read.ok || !('opened' in read)) {
      await bill.close();
      return refuse(read.ok ? 'bill_unreadable' : read.problem);
    }
    // Another one may have been opened while this one was read.
    await close();
    const { items: mappings, timeZone: businessZone } = kept.body;
    open = { id: uuidv7(), fileName, fileHash, businessZone, bill, sent: null };
    return answer({ id: open.id, fileName, ...read.opened, timeZone: businessZone, mappings });
  });

  registry.handle('bill.preview', async ({ id, mapping }) => {
    const found = find(id);
    if (found === null) return refuse('bill_closed');
    const read = await found.bill.ask({ mapping, businessZone: found.businessZone, wanted: 'preview' });
    if (!read.ok) return refuse(read.problem);
    return 'preview' in read ? answer(read.preview) : refuse('bill_unreadable');
  });

  registry.handle('bill.send', async (input) => {
    const found = find(input.id);
    if (found === null) return refuse('bill_closed');
    const sent = await sendBill(desk, found, input);
    if (sent.ok) await close();
    return sent;
  });

  registry.handle('bill.close', async ({ id }) => {
    if (find(id) !== null) await close();
    return answer({});
  });

  return { stop: close };
}

type Refused = Extract<Handled<'bill.send'>, { readonly ok: false }>;

async function sendBill(
  desk: BillsDesk,
  open: Open,
  { provider, mapping, leaveOut, unnamed }: CommandInput<'bill.send'>,
): Promise<Handled<'bill.send'>> {
  const read = await open.bill.ask({ mapping, businessZone: open.businessZone, wanted: 'lines' });
  if (!read.ok) return refuse(read.problem);
  if (!('preview' in read)) return refuse('bill_unreadable');
  const { good, bad, total } = read.preview;
  if (good === 0) return refuse('bill_no_good_line');
  if (bad !== leaveOut) return refuse('bill_has_faults', { bad: String(bad) });
  const as = JSON.stringify({ provider, mapping });
  if (open.sent?.as !== as) open.sent = { id: uuidv7(), as };
  const { id } = open.sent;
  const { fileName, fileHash } = open;
  const begun = await desk.client.call('beginBill', {
    body: { id, provider, fileName, fileHash, mapping, lines: good, total, leftOut: bad },
  });
  if (begun.kind === 'not_modified') throw new Error('a bill was answered with not_modified');
  if (begun.kind !== 'ok') return refuse(fromCallFailure(begun));
  const problem = await sendLines(desk, begun.body, read.lines);
  if (problem !== null) return problem;
  return book(desk, id, unnamed);
}

/** Line by line it is the server that knows what it has: what is sent again changes nothing. */
async function sendLines(
  { client }: BillsDesk,
  { id, lines: all, received }: ProviderBill,
  lines: readonly BillLine[],
): Promise<Refused | null> {
  if (received === all) return null;
  const params = { id };
  for (let at = 0; at < lines.length; at += billLinesTogetherMax) {
    const body = { lines: lines.slice(at, at + billLinesTogetherMax) };
    const sent = await client.call('sendBillLines', { params, body });
    if (sent.kind === 'not_modified') throw new Error('lines were answered with not_modified');
    if (sent.kind !== 'ok') return refuse(fromCallFailure(sent));
  }
  return null;
}

async function book(
  { client }: BillsDesk,
  id: string,
  unnamed: UnnamedChoice | undefined,
): Promise<Handled<'bill.send'>> {
  const body = unnamed === undefined ? {} : { unnamed };
  const booked = await client.call('bookBill', { params: { id }, body });
  if (booked.kind === 'not_modified') throw new Error('a bill was answered with not_modified');
  if (booked.kind === 'ok') return answer(booked.body);
  const problem = fromCallFailure(booked);
  return refuse({ ...problem, params: { ...problem.params, id } });
}
