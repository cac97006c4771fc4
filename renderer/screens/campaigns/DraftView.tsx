/**
 * A draft before it starts: what reading its targets came to, what it will cost and why, and whether the money
 * suffices. It starts only after a confirmation that names the price.
 */
import { useCallback, useEffect, useState } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Skeleton,
  SkeletonItem,
  Spinner,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Campaign, CheckedQuote } from '../../../shared/ipc-campaigns.ts';
import { money } from '../../format.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { BalanceCheckLine } from '../../parts/BalanceCheckLine.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { QuoteExplanation } from '../../parts/QuoteExplanation.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { executorName, operationName, platformName } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { noteQuote, useDrafts } from '../../state/drafts.ts';
import { onQuoteGroundsChanged } from '../../state/mirror.ts';
import { goToCampaigns } from '../../state/navigation.ts';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { InsufficientDialog } from './InsufficientDialog.tsx';
import { BackToList } from './NewCampaign.tsx';
import { PhaseBadge } from './PhaseBadge.tsx';
import { TargetsReportCard } from './TargetsReportCard.tsx';
import { useTargetsReport } from './useTargetsReport.ts';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) 380px',
    gap: '16px',
    alignItems: 'start',
    '@media (max-width: 1100px)': { gridTemplateColumns: 'minmax(0, 1fr) 340px' },
    '@media (max-width: 760px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  column: { display: 'flex', flexDirection: 'column', gap: '16px', minWidth: 0 },
  actions: { display: 'flex', gap: tokens.spacingHorizontalS, justifyContent: 'flex-end' },
  bar: { flexShrink: 0 },
  waiting: { display: 'grid', gap: '12px', minHeight: '166px', alignContent: 'start' },
});

export function DraftView({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { id } = campaign;
  const reading = useTargetsReport(id);
  const checked = useDrafts((state) => state.quotes[id]);
  const quote = useCommand('campaign.quote');
  const discard = useCommand('campaign.discard');
  const [asking, setAsking] = useState<'confirm' | 'insufficient' | 'discard' | null>(null);

  const runQuote = quote.run;
  const price = useCallback(async () => {
    const reply = await runQuote({ id });
    if (reply?.ok === true) noteQuote(id, reply.output);
  }, [id, runQuote]);
  // A quote is worked out when the draft is opened, and anew when the balance or the prices it stands on change.
  useEffect(() => {
    void price();
    return onQuoteGroundsChanged(() => void price());
  }, [price]);

  const throwAway = async (): Promise<void> => {
    const reply = await discard.run({ id });
    if (reply?.ok === true) goToCampaigns({ kind: 'list' });
  };

  return (
    <Page title={campaign.name} before={<BackToList />} after={<PhaseBadge phase={campaign.phase} />}>
      <div className={styles.columns}>
        <div className={styles.column}>
          <Section title={t('draft.what')}>
            <Facts
              facts={[
                { name: t('column.platform'), value: platformName(t, campaign.platform) },
                { name: t('column.operation'), value: operationName(t, campaign.operation) },
                { name: t('executor.label'), value: executorName(t, campaign.executor) },
                { name: t('draft.targets'), value: format.count(campaign.counts.total) },
                { name: t('column.created'), value: format.dateTime(campaign.createdAt) },
              ]}
            />
          </Section>
          {reading.problem !== null && <RetryMessage problem={reading.problem} onRetry={reading.readAgain} />}
          {reading.report !== undefined && <TargetsReportCard report={reading.report} />}
        </div>
        <Section title={t('draft.quote')}>
          {quote.problem !== null && <RetryMessage problem={quote.problem} onRetry={() => void price()} />}
          {checked === undefined ? (
            quote.problem === null && <WaitingQuote />
          ) : (
            <>
              {checked.offline !== undefined && <OfflineStart {...checked.offline} />}
              <QuoteExplanation quote={checked.quote} />
              <BalanceCheckLine check={checked.check} />
            </>
          )}
          <div className={styles.actions}>
            <Button onClick={() => setAsking('discard')}>{t('draft.discard')}</Button>
            <Button
              appearance="primary"
              disabled={checked === undefined}
              {...(quote.busy && checked === undefined ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
              onClick={() => setAsking(checked?.check.sufficient === false ? 'insufficient' : 'confirm')}
            >
              {t('draft.start')}
            </Button>
          </div>
        </Section>
      </div>
      {checked !== undefined && asking === 'confirm' && (
        <ConfirmDialog
          campaign={campaign}
          checked={checked}
          requoting={quote.busy}
          onPriceChanged={() => void price()}
          onInsufficient={() => {
            setAsking('insufficient');
            void price();
          }}
          onClose={() => setAsking(null)}
        />
      )}
      {checked !== undefined && asking === 'insufficient' && (
        <InsufficientDialog check={checked.check} onClose={() => setAsking(null)} />
      )}
      <AskDialog
        open={asking === 'discard'}
        title={t('draft.discardTitle')}
        confirm={t('draft.discard')}
        cancel={t('common.keep')}
        busy={discard.busy}
        problem={discard.problem}
        onConfirm={() => void throwAway()}
        onClose={() => setAsking(null)}
      >
        {t('draft.discardText', { name: campaign.name })}
      </AskDialog>
    </Page>
  );
}

/** It would start on the reserve: at which price, and how far that lasts. */
function OfflineStart({ reserveLeft, covers }: NonNullable<CheckedQuote['offline']>) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return (
    <MessageBar intent="warning" layout="multiline" className={styles.bar} role="status">
      <MessageBarBody>
        {t('draft.offline', { left: money(reserveLeft), covers: format.count(covers) })}
      </MessageBarBody>
    </MessageBar>
  );
}

function WaitingQuote() {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <Skeleton aria-label={t('common.loading')} className={styles.waiting}>
      <SkeletonItem size={20} />
      <SkeletonItem size={20} />
      <SkeletonItem size={20} />
      <SkeletonItem size={28} />
    </Skeleton>
  );
}
