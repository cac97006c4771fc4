/**
 * What the server answers, or why there is no answer: the place kept while it is asked, what is missing offline, how to
 * sign in or try again. What was answered before stays; offline the screen says in one place that it may be old.
 */
import type { ReactNode } from 'react';
import { Button, Skeleton, SkeletonItem } from '@fluentui/react-components';
import { CloudOff24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { useDesk } from '../state/mirror.ts';
import { EmptyState } from './EmptyState.tsx';
import { RetryMessage } from './ProblemMessage.tsx';

interface Props<B> {
  readonly answer: {
    readonly body: B | null;
    readonly problem: DeskProblem | null;
    readonly readAgain: () => void;
  };
  /** How many lines are kept free until there is an answer. */
  readonly lines: number;
  readonly children: (body: B) => ReactNode;
}

/** Whether a question found no server and there is nothing from before: what a whole screen may say at once. */
export function isOutOfReach({ body, problem }: Pick<Props<unknown>['answer'], 'body' | 'problem'>): boolean {
  return body === null && problem?.code === 'server_unreachable';
}

export function Answered<B>({ answer, lines, children }: Props<B>) {
  const { body, problem, readAgain } = answer;
  const offline = useDesk(({ sync }) => sync.online === false);
  if (body === null && problem === null) return <WaitingLines count={lines} />;
  const missing = isOutOfReach(answer);
  return (
    <>
      {problem !== null && !missing && !(offline && body !== null) && (
        <RetryMessage problem={problem} onRetry={readAgain} />
      )}
      {missing && <NotOffline onRetry={readAgain} />}
      {body !== null && children(body)}
    </>
  );
}

/** In the place of what only the server knows. */
export function NotOffline({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<CloudOff24Regular />}
      title={t('answer.offline')}
      text={t('answer.offlineText')}
      action={<Button onClick={onRetry}>{t('common.retry')}</Button>}
    />
  );
}

function WaitingLines({ count }: { readonly count: number }) {
  const { t } = useTranslation();
  return (
    <Skeleton
      aria-label={t('common.loading')}
      style={{ display: 'flex', flexDirection: 'column', gap: '16px', padding: '8px 0' }}
    >
      {Array.from({ length: count }, (_, index) => (
        <SkeletonItem key={index} size={16} />
      ))}
    </Skeleton>
  );
}
