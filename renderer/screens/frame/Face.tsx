/**
 * Draws the screen that is open. The first one comes with the page; what draws the others is fetched once that one
 * stands, so that a start need not wait for screens that it does not show.
 */
import { useEffect, type ReactNode } from 'react';
import { makeStyles, Spinner } from '@fluentui/react-components';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { late, useLate, type Late } from '../../state/late.ts';
import { useRole } from '../../state/mirror.ts';
import { hasOffice, type Screen } from '../../state/navigation.ts';
import { BalanceCentre } from '../balance/BalanceCentre.tsx';

const others = late(async () => import('./other-screens.ts'));
/** In a file of its own: an operator never sees it. */
const office = late(async () => import('../office/Office.tsx'));

const useStyles = makeStyles({
  waiting: { height: '100%', display: 'flex', alignItems: 'center', justifyContent: 'center' },
  missing: { padding: '24px' },
});

const drawn: Readonly<Record<Screen, () => ReactNode>> = {
  balance: () => <BalanceCentre />,
  campaigns: () => <Awaited part={others}>{({ Campaigns }) => <Campaigns />}</Awaited>,
  pricing: () => <Awaited part={others}>{({ Pricing }) => <Pricing />}</Awaited>,
  history: () => <Awaited part={others}>{({ History }) => <History />}</Awaited>,
  outbox: () => <Awaited part={others}>{({ Outbox }) => <Outbox />}</Awaited>,
  membership: () => <Awaited part={others}>{({ Membership }) => <Membership />}</Awaited>,
  settings: () => <Awaited part={others}>{({ Settings }) => <Settings />}</Awaited>,
  office: () => <Awaited part={office}>{({ Office }) => <Office />}</Awaited>,
};

export function Face({ screen }: { readonly screen: Screen }) {
  useFetchedAhead();
  return drawn[screen]();
}

/** Whoever opens a screen finds it here, even when the server of the page has gone meanwhile. */
function useFetchedAhead(): void {
  const withOffice = hasOffice(useRole());
  useEffect(() => {
    const waiting = requestIdleCallback(() => {
      void others.fetch();
      if (withOffice) void office.fetch();
    });
    return () => cancelIdleCallback(waiting);
  }, [withOffice]);
}

function Awaited<T>({
  part,
  children,
}: {
  readonly part: Late<T>;
  readonly children: (fetched: T) => ReactNode;
}) {
  const styles = useStyles();
  const fetched = useLate(part);
  if (fetched.kind === 'here') return children(fetched.part);
  if (fetched.kind === 'awaited')
    return (
      <div className={styles.waiting}>
        <Spinner />
      </div>
    );
  return (
    <div className={styles.missing}>
      <RetryMessage problem={{ code: 'engine_stopped', params: {} }} onRetry={() => void part.fetch()} />
    </div>
  );
}
