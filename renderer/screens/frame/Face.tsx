/**
 * Draws the screen that is open. The first one comes with the page; what draws the others is fetched once that one
 * stands, so that a start need not wait for screens that it does not show.
 */
import { useEffect, type ReactNode } from 'react';
import { makeStyles, Spinner } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { late, useLate, type Late } from '../../state/late.ts';
import { useEngineIsThere, useRole } from '../../state/mirror.ts';
import { hasOffice, type Screen } from '../../state/navigation.ts';
import { BalanceCentre } from '../balance/BalanceCentre.tsx';

const others = late(async () => import('./other-screens.ts'));
/** In a file of its own: an operator never sees it. */
const office = late(async () => import('../office/Office.tsx'));

const useStyles = makeStyles({
  waiting: { flex: '1 1 0', display: 'flex', alignItems: 'center', justifyContent: 'center' },
});

const drawn: Readonly<Record<Screen, () => ReactNode>> = {
  balance: () => <BalanceCentre />,
  campaigns: () => <Awaited part={others} screen="campaigns" draw={({ Campaigns }) => <Campaigns />} />,
  pricing: () => <Awaited part={others} screen="pricing" narrow draw={({ Pricing }) => <Pricing />} />,
  history: () => <Awaited part={others} screen="history" draw={({ History }) => <History />} />,
  outbox: () => <Awaited part={others} screen="outbox" draw={({ Outbox }) => <Outbox />} />,
  membership: () => <Awaited part={others} screen="membership" draw={({ Membership }) => <Membership />} />,
  settings: () => <Awaited part={others} screen="settings" narrow draw={({ Settings }) => <Settings />} />,
  office: () => <Awaited part={office} screen="office" draw={({ Office }) => <Office />} />,
};

export function Face({ screen }: { readonly screen: Screen }) {
  useFetchedAhead();
  return drawn[screen]();
}

/** Whoever opens a screen finds it here, even when the server of the page has gone meanwhile. */
function useFetchedAhead(): void {
  const withOffice = hasOffice(useRole());
  const isEngineThere = useEngineIsThere();
  useEffect(() => {
    if (!isEngineThere) return undefined;
    const waiting = requestIdleCallback(() => {
      void others.fetch();
      if (withOffice) void office.fetch();
    });
    return () => cancelIdleCallback(waiting);
  }, [withOffice, isEngineThere]);
}

/** The screen, or its heading until it is here. */
function Awaited<T>({
  part,
  screen,
  narrow = false,
  draw,
}: {
  readonly part: Late<T>;
  readonly screen: Screen;
  /** As the screen itself is: its heading must not move when it comes. */
  readonly narrow?: boolean;
  readonly draw: (fetched: T) => ReactNode;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  const fetched = useLate(part);
  if (fetched.kind === 'here') return draw(fetched.part);
  return (
    <Page title={t(`screen.${screen}`)} narrow={narrow}>
      {fetched.kind === 'awaited' ? (
        <div className={styles.waiting}>
          <Spinner />
        </div>
      ) : (
        <RetryMessage problem={{ code: 'engine_stopped', params: {} }} onRetry={() => void part.fetch()} />
      )}
    </Page>
  );
}
