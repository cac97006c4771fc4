/** A task's outcome as an icon and a word. */
import {
  CheckmarkCircle16Filled,
  Circle16Regular,
  DismissCircle16Filled,
  QuestionCircle16Filled,
  SubtractCircle16Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { TaskPhase } from '../../../shared/ipc-campaigns.ts';
import { StateMark, type StateLook } from '../../parts/StateMark.tsx';

type Phase = z.infer<typeof TaskPhase>;

const looks: Readonly<Record<Phase, StateLook>> = {
  queued: { icon: Circle16Regular, tone: 'quiet', colours: 'all' },
  running: 'busy',
  succeeded: { icon: CheckmarkCircle16Filled, tone: 'good' },
  failed: { icon: DismissCircle16Filled, tone: 'bad' },
  unknown: { icon: QuestionCircle16Filled, tone: 'odd' },
  skipped: { icon: SubtractCircle16Regular, tone: 'quiet', colours: 'all' },
};

export function TaskMark({ phase }: { readonly phase: Phase }) {
  const { t } = useTranslation();
  return <StateMark look={looks[phase]}>{t(`taskPhase.${phase}`)}</StateMark>;
}
