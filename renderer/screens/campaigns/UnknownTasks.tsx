/** Follows whose outcome nobody knows but a person who looks: did it happen (and is charged) or not. */
import { useEffect, useState } from 'react';
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { QuestionCircle16Filled } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Campaign, Task } from '../../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { invoke } from '../../bridge.ts';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { useCommand } from '../../state/command.ts';

/** More than this are decided in turns: the list is renewed after each decision. */
const shownMax = 100;

const useStyles = makeStyles({
  section: { flexShrink: 0, maxHeight: '220px' },
  list: { listStyle: 'none', margin: 0, padding: 0, overflow: 'auto' },
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    padding: '4px 0',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  icon: { color: tokens.colorStatusWarningForeground1, flexShrink: 0 },
  target: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere', marginRight: 'auto' },
  position: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums', minWidth: '36px' },
  lead: { color: tokens.colorNeutralForeground2 },
});

type TaskRow = z.infer<typeof Task>;

export function UnknownTasks({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { id } = campaign;
  const unknown = campaign.counts.unknown;
  const [tasks, setTasks] = useState<readonly TaskRow[]>([]);
  const [problem, setProblem] = useState<DeskProblem | null>(null);
  const decide = useCommand('campaign.decide');

  useEffect(() => {
    let current = true;
    const read = async (): Promise<void> => {
      const limit = Math.min(unknown, shownMax);
      const reply = await invoke('campaign.tasks', { id, phase: 'unknown', afterPosition: 0, limit });
      if (!current) return;
      if (reply.ok) setTasks(reply.output.items);
      setProblem(reply.ok ? null : reply.problem);
    };
    void read();
    return () => {
      current = false;
    };
  }, [id, unknown]);

  const say = async (taskId: string, outcome: 'succeeded' | 'failed'): Promise<void> => {
    const reply = await decide.run({ taskId, outcome });
    if (reply?.ok === true) setTasks((now) => now.filter((task) => task.id !== taskId));
  };

  const shown = decide.problem ?? problem;
  return (
    <Section title={t('unknown.title', { unknown })} className={styles.section}>
      <Text size={200} className={styles.lead}>
        {t('unknown.lead')}
      </Text>
      {shown !== null && <ProblemMessage problem={shown} />}
      <ul className={styles.list}>
        {tasks.map((task) => (
          <li key={task.id} className={styles.row}>
            <QuestionCircle16Filled className={styles.icon} aria-hidden />
            <span className={styles.position}>{task.position}</span>
            <span className={styles.target}>{task.targetUserId}</span>
            <Button
              size="small"
              disabled={decide.busy}
              aria-label={t('unknown.succeededFor', { target: task.targetUserId })}
              onClick={() => void say(task.id, 'succeeded')}
            >
              {t('unknown.succeeded')}
            </Button>
            <Button
              size="small"
              disabled={decide.busy}
              aria-label={t('unknown.failedFor', { target: task.targetUserId })}
              onClick={() => void say(task.id, 'failed')}
            >
              {t('unknown.failed')}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
