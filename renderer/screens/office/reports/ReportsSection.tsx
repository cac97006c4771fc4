/** Reports of a day, a month or a year, and closing a month for good. */
import { useState } from 'react';
import { Badge, Button, Link, Skeleton, SkeletonItem, Text } from '@fluentui/react-components';
import { ArrowClockwise20Regular, ArrowDownload20Regular, LockClosed20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Report } from '../../../../shared/api-finance.ts';
import { dayOf } from '../../../format.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { Amount } from '../../../parts/Amount.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { Page } from '../../../parts/Page.tsx';
import { ProblemMessage, RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat, useNow, useTimeZone } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';
import { useCommand } from '../../../state/command.ts';
import { noteExport } from '../../../state/exports.ts';
import { useKept } from '../../../state/office.ts';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { PeriodChoice } from './PeriodChoice.tsx';
import { ReportFigures } from './ReportFigures.tsx';

export function ReportsSection() {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const own = useTimeZone();
  const [kept, setPeriod] = useKept<string | null>('reports.period', null);
  const period = kept ?? dayOf(now, own).slice(0, 7);
  const { body, problem, readAgain } = useAnswer('report', { params: { period } });
  // Days are those of the business, wherever who reads of them is; until it has said which, those of here.
  const today = dayOf(now, body?.report.timeZone ?? own);
  const closings = useAnswer('closings', {});
  const mayClose = useMay('closePeriod');
  const exporting = useCommand('export.figures');
  const [asking, setAsking] = useState(false);
  const [closed, setClosed] = useState(false);
  // The answer before is another period's until the new one is there.
  const report = body?.report.period === period ? body.report : null;
  const closing = body?.report.period === period ? body.closing : undefined;
  const next = closings.body?.next;
  const closable = next !== undefined && next.over && next.month === period;
  /** Months are closed in their order: which one comes first, where it is another. */
  const before =
    next !== undefined && next.over && next.month < period && period.length === 7 ? next.month : null;
  const refresh = (): void => {
    readAgain();
    closings.readAgain();
  };
  const write = async (shown: Report): Promise<void> => {
    const reply = await exporting.run({ report: shown });
    if (reply?.ok === true && reply.output !== null) noteExport(reply.output);
  };
  return (
    <Page
      title={t('office.reports.title')}
      after={report !== null && <StateBadge state={report.state} />}
      actions={
        <>
          {mayClose && closable && report !== null && (
            <Button icon={<LockClosed20Regular />} onClick={() => setAsking(true)}>
              {t('office.reports.close', { month: format.month(period) })}
            </Button>
          )}
          {report !== null && (
            <Button
              icon={<ArrowDownload20Regular />}
              disabledFocusable={exporting.busy}
              onClick={() => void write(report)}
            >
              {t('office.reports.export')}
            </Button>
          )}
          <Button
            appearance="subtle"
            icon={<ArrowClockwise20Regular />}
            aria-label={t('office.frame.refresh')}
            title={t('office.frame.refresh')}
            onClick={refresh}
          />
        </>
      }
    >
      <PeriodChoice period={period} today={today} onPeriod={setPeriod} />
      {closed && (
        <OutcomeBar outcome="done" done={t('office.reports.closed')} onDismiss={() => setClosed(false)} />
      )}
      {exporting.problem !== null && <ProblemMessage problem={exporting.problem} />}
      {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
      {closing !== undefined && (
        <Text size={200}>
          {t(closing.intact ? 'office.reports.closedAt' : 'office.reports.altered', {
            time: format.dateTime(closing.closedAt),
            hash: closing.hash.slice(0, 16),
          })}
        </Text>
      )}
      {before !== null && report?.state === 'open' && (
        <Text>
          {t('office.reports.closeFirst', { month: format.month(before) })}{' '}
          <Link inline onClick={() => setPeriod(before)}>
            {t('office.reports.goTo', { month: format.month(before) })}
          </Link>
        </Text>
      )}
      {report === null && problem === null && (
        <Skeleton aria-label={t('common.loading')}>
          <SkeletonItem style={{ height: '320px' }} />
        </Skeleton>
      )}
      {report !== null && <ReportFigures report={report} />}
      {report !== null && asking && (
        <CloseDialog
          report={report}
          onDone={() => {
            setAsking(false);
            setClosed(true);
            refresh();
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Page>
  );
}

function StateBadge({ state }: { readonly state: Report['state'] }) {
  const { t } = useTranslation();
  return (
    <Badge appearance="tint" color={state === 'closed' ? 'success' : 'informative'}>
      {t(`office.reports.state.${state}`)}
    </Badge>
  );
}

interface CloseProps {
  readonly report: Report;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Says in money what is about to stay for good. */
function CloseDialog({ report, onDone, onClose }: CloseProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const act = useAct('closePeriod');
  const confirm = async (): Promise<void> => {
    if ((await act.run({ body: { month: report.period } })) !== null) onDone();
  };
  return (
    <AskDialog
      open
      title={t('office.reports.closeTitle', { month: format.month(report.period) })}
      confirm={t('office.reports.closeConfirm')}
      cancel={t('common.cancel')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Text>{t('office.reports.closeMeans')}</Text>
      <Facts
        end
        facts={[
          { name: t('office.reports.revenue'), value: <Amount value={report.margin.revenue} /> },
          { name: t('office.reports.cost'), value: <Amount value={report.costs.total} /> },
          { name: t('office.reports.gross'), value: <Amount value={report.margin.gross} />, strong: true },
          { name: t('office.reports.deferred'), value: <Amount value={report.deferred.total} /> },
        ]}
      />
    </AskDialog>
  );
}
