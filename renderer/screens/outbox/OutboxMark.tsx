/** A charge's state as an icon and a word. */
import {
  CheckmarkCircle16Filled,
  Clock16Regular,
  ErrorCircle16Filled,
  QuestionCircle16Filled,
  SubtractCircle16Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { StateMark, type StateLook } from '../../parts/StateMark.tsx';
import type { OutboxCharge } from '../../state/outbox.ts';

const looks: Readonly<Record<OutboxCharge['state'], StateLook>> = {
  queued: { icon: Clock16Regular, tone: 'quiet' },
  sending: 'busy',
  unknown: { icon: QuestionCircle16Filled, tone: 'odd' },
  settled: { icon: CheckmarkCircle16Filled, tone: 'good' },
  rejected: { icon: ErrorCircle16Filled, tone: 'bad' },
  waived: { icon: SubtractCircle16Regular, tone: 'quiet' },
};

export function OutboxMark({ state }: { readonly state: OutboxCharge['state'] }) {
  const { t } = useTranslation();
  return <StateMark look={looks[state]}>{t(`outboxState.${state}`)}</StateMark>;
}
