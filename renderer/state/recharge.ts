/**
 * Putting money onto the account: what was typed, and the order that is open. It outlives the dialog, so that a code
 * is still there when somebody looks again, and an order that may have been made is asked for under its own id.
 */
import { v7 as uuidv7 } from 'uuid';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { CommandReply } from '../../shared/ipc.ts';
import type { RechargeView } from '../../shared/ipc-desk.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { invoke } from '../bridge.ts';
import { centsAbove } from '../format.ts';
import { leavesOpen } from './kept-ids.ts';
import { showRecharge } from './navigation.ts';

interface RechargeState {
  /** Null until the server was asked; then whether it takes orders. */
  readonly online: boolean | null;
  readonly typed: string;
  readonly order: RechargeView | null;
  readonly problem: DeskProblem | null;
  readonly busy: boolean;
  /** An order that was asked for and not answered: the same question again is the same order. */
  readonly attempt: { readonly id: string; readonly amount: string } | null;
}

export const usualAmounts = ['100.00', '500.00', '1000.00', '2000.00'] as const;

const recharge = createStore<RechargeState>(() => ({
  online: null,
  typed: '500',
  order: null,
  problem: null,
  busy: false,
  attempt: null,
}));

export function useRecharge<T>(select: (state: RechargeState) => T): T {
  return useStore(recharge, select);
}

export function typeRecharge(typed: string): void {
  recharge.setState({ typed, problem: null });
}

/** Opens recharge; with what is missing, an amount that covers it, unless an order waits to be paid. */
export function startRecharge(shortfall?: string): void {
  const { order } = recharge.getState();
  if (order?.state !== 'pending') {
    recharge.setState({ order: null, problem: null });
    if (shortfall !== undefined) recharge.setState({ typed: centsAbove(shortfall) });
  }
  showRecharge(true);
}

/** Asks the server whether it takes orders, and takes up one that waits from before. What it said last stands until then. */
export async function askOffer(): Promise<void> {
  recharge.setState({ problem: null });
  const reply = await invoke('recharge.offer', {});
  if (!reply.ok) return recharge.setState({ problem: reply.problem });
  const { online, pending } = reply.output;
  recharge.setState(({ order }) => ({ online, order: order ?? pending }));
}

/** One command at a time; `problem` says why the last one came to nothing. */
async function doing(command: () => Promise<CommandReply<'recharge.order'>>): Promise<boolean> {
  if (recharge.getState().busy) return false;
  recharge.setState({ busy: true, problem: null });
  const reply = await command();
  recharge.setState({ busy: false });
  if (reply.ok) recharge.setState({ order: reply.output });
  else recharge.setState({ problem: reply.problem });
  return reply.ok;
}

export async function placeOrder(amount: string): Promise<void> {
  const { attempt: earlier } = recharge.getState();
  const attempt = earlier?.amount === amount ? earlier : { id: uuidv7(), amount };
  recharge.setState({ attempt });
  await doing(() => invoke('recharge.create', attempt));
  const { problem } = recharge.getState();
  if (!leavesOpen(problem)) recharge.setState({ attempt: null });
}

/** Asks what became of the open order. A question that is not answered leaves it as it was. */
export async function lookAtOrder(): Promise<void> {
  const { order } = recharge.getState();
  if (order === null) return;
  const reply = await invoke('recharge.order', { id: order.id });
  if (recharge.getState().order?.id !== order.id) return;
  if (reply.ok) recharge.setState({ order: reply.output, problem: null });
  else recharge.setState({ problem: reply.problem });
}

/** Gives the open order up, and goes back to choosing an amount when it was not paid meanwhile. */
export async function giveUpOrder(): Promise<void> {
  const { order } = recharge.getState();
  if (order === null) return;
  const closed = await doing(() => invoke('recharge.close', { id: order.id }));
  if (closed && recharge.getState().order?.state === 'closed') recharge.setState({ order: null });
}

/** A code for the same amount in the place of one whose time is over. */
export async function renewOrder(): Promise<void> {
  const { order } = recharge.getState();
  if (order !== null) await placeOrder(order.amount);
}

export function chooseAgain(): void {
  recharge.setState({ order: null, problem: null });
}

/** Nothing of one person's work shows to the next. */
export function forgetRecharge(): void {
  recharge.setState(recharge.getInitialState(), true);
}
