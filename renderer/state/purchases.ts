/**
 * What is bought from the balance: a membership, a month more of it, a higher plan, a package. Each purchase keeps its id
 * until its outcome is known, so that it is paid for once. It works out no price.
 */
import { useCallback, useRef, useState } from 'react';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { ask, type Told } from './ask.ts';
import { idOf, noteOutcome } from './kept-ids.ts';

export interface Purchase {
  readonly kind: 'buy' | 'renew' | 'upgrade' | 'package';
  /** Of the plan, or of the package. */
  readonly what: string;
}

type Bought =
  | Told<'buyMembership'>
  | Told<'renewMembership'>
  | Told<'upgradeMembership'>
  | Told<'buyPackage'>;

function send({ kind, what }: Purchase, id: string, expectedPrice: string): Promise<Bought> {
  switch (kind) {
    case 'buy':
      return ask('buyMembership', { body: { id, plan: what, expectedPrice } });
    case 'renew':
      return ask('renewMembership', { body: { id, expectedPrice } });
    case 'upgrade':
      return ask('upgradeMembership', { body: { id, plan: what, expectedPrice } });
    case 'package':
      return ask('buyPackage', { params: { package: what }, body: { id, expectedPrice } });
    default:
      return kind satisfies never;
  }
}

export interface Buying {
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  /** Whether it was bought; null: the one before is still under way, and this one was not sent. */
  readonly buy: (purchase: Purchase, expectedPrice: string) => Promise<boolean | null>;
}

export function useBuying(): Buying {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<DeskProblem | null>(null);
  const running = useRef(false);
  const buy = useCallback(async (purchase: Purchase, expectedPrice: string): Promise<boolean | null> => {
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    setProblem(null);
    const operation = `${purchase.kind}/${purchase.what}`;
    const told = await send(purchase, idOf(operation), expectedPrice);
    const refused = told.ok ? null : told.problem;
    noteOutcome(operation, refused);
    running.current = false;
    setBusy(false);
    setProblem(refused);
    return told.ok;
  }, []);
  return { busy, problem, buy };
}
