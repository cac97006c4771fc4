/** A campaign under way or over: how far it is, what it cost, what may be done with it, and each of its tasks. */
import { useState } from 'react';
import { Button, makeStyles, MessageBar, MessageBarBody, Text } from '@fluentui/react-components';
import {
  ArrowDownload16Regular,
  Dismiss16Regular,
  Pause16Regular,
  Play16Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Campaign } from '../../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { money } from '../../format.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { Page } from '../../parts/Page.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { problemText } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { noteExport } from '../../state/exports.ts';
import { noteCampaign } from '../../state/mirror.ts';
import { BackToList } from './NewCampaign.tsx';
import { PhaseBadge } from './PhaseBadge.tsx';
import { ProgressCard } from './ProgressCard.tsx';
import { TaskTable } from './TaskTable.tsx';
import { UnknownTasks } from './UnknownTasks.tsx';

const useStyles = makeStyles({
  bar: { flexShrink: 0, paddingTop: '6px', paddingBottom: '6px' },
  words: { whiteSpace: 'normal' },
});

export function RunView({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<DeskProblem | null>(null);
  return (
    <Page
      title={campaign.name}
      before={<BackToList />}
      after={<PhaseBadge phase={campaign.phase} />}
      actions={<RunActions campaign={campaign} onProblem={setRefusal} />}
      fill
    >
      {refusal !== null && <ProblemMessage problem={refusal} onDismiss={() => setRefusal(null)} />}
      <WhyItWaits campaign={campaign} />
      <ProgressCard campaign={campaign} />
      {campaign.counts.unknown > 0 && <UnknownTasks campaign={campaign} />}
      <TaskTable campaign={campaign} label={t('tasks.title')} />
    </Page>
  );
}

function WhyItWaits({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useTranslation();
  const styles = useStyles();
  if (campaign.phase === 'paused' && campaign.pauseReason !== null)
    return (
      <MessageBar intent="warning" layout="singleline" className={styles.bar} role="status">
        <MessageBarBody className={styles.words}>
          {t(`pauseWhy.${campaign.pauseReason}`)}
          {campaign.problem !== null && ` ${problemText(t, campaign.problem)}`}
        </MessageBarBody>
      </MessageBar>
    );
  return campaign.problem === null ? null : <ProblemMessage problem={campaign.problem} />;
}

interface ActionsProps {
  readonly campaign: Campaign;
  /** Told what came of the last action: its refusal, or null. */
  readonly onProblem: (problem: DeskProblem | null) => void;
}

function RunActions({ campaign, onProblem }: ActionsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const pause = useCommand('campaign.pause');
  const resume = useCommand('campaign.resume');
  const cancel = useCommand('campaign.cancel');
  const report = useCommand('export.campaign');
  const [asking, setAsking] = useState(false);
  const { id, phase } = campaign;
  const going = phase === 'running' || phase === 'confirmed';

  const change = async (asked: typeof pause | typeof resume | typeof cancel): Promise<void> => {
    const reply = await asked.run({ id });
    if (reply === null) return;
    onProblem(reply.ok || asked === cancel ? null : reply.problem);
    if (!reply.ok) return;
    noteCampaign(reply.output);
    setAsking(false);
  };

  const takeReport = async (): Promise<void> => {
    const reply = await report.run({ id });
    if (reply === null) return;
    onProblem(reply.ok ? null : reply.problem);
    // Null: the person closed the save dialog.
    if (reply.ok && reply.output !== null) noteExport(reply.output);
  };

  return (
    <>
      <Button icon={<ArrowDownload16Regular />} disabled={report.busy} onClick={() => void takeReport()}>
        {t('run.report')}
      </Button>
      {going && (
        <Button icon={<Pause16Regular />} disabled={pause.busy} onClick={() => void change(pause)}>
          {t('run.pause')}
        </Button>
      )}
      {phase === 'paused' && (
        <Button
          appearance="primary"
          icon={<Play16Regular />}
          disabled={resume.busy}
          onClick={() => void change(resume)}
        >
          {t('run.resume')}
        </Button>
      )}
      {(going || phase === 'paused') && (
        <Button icon={<Dismiss16Regular />} onClick={() => setAsking(true)}>
          {t('run.cancel')}
        </Button>
      )}
      <AskDialog
        open={asking}
        title={t('run.cancelTitle')}
        confirm={t('run.cancelConfirm')}
        cancel={t('run.goOn')}
        busy={cancel.busy}
        problem={cancel.problem}
        onConfirm={() => void change(cancel)}
        onClose={() => setAsking(false)}
      >
        <Text>
          {t('run.cancelText', {
            succeeded: format.count(campaign.counts.succeeded),
            spent: money(campaign.spent),
            left: format.count(campaign.counts.queued),
          })}
        </Text>
      </AskDialog>
    </>
  );
}
