/** Says what was refused or went wrong, in words from the message files. The only way the page shows a problem. */
import type { ReactNode } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
} from '@fluentui/react-components';
import { Dismiss16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { showSignIn } from '../state/navigation.ts';
import { problemText } from './words.ts';

const useStyles = makeStyles({
  bar: { flexShrink: 0, paddingTop: '6px', paddingBottom: '6px' },
  body: { whiteSpace: 'normal', overflowWrap: 'anywhere' },
});

interface Props {
  readonly problem: DeskProblem;
  readonly intent?: 'error' | 'warning';
  readonly actions?: ReactNode;
  readonly onDismiss?: () => void;
}

export function ProblemMessage({ problem, intent = 'error', actions, onDismiss }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <MessageBar intent={intent} layout="singleline" className={styles.bar} role="alert">
      <MessageBarBody className={styles.body}>{problemText(t, problem)}</MessageBarBody>
      {(actions !== undefined || onDismiss !== undefined) && (
        <MessageBarActions
          {...(onDismiss === undefined
            ? {}
            : {
                containerAction: (
                  <Button
                    appearance="transparent"
                    size="small"
                    icon={<Dismiss16Regular />}
                    aria-label={t('common.dismiss')}
                    onClick={onDismiss}
                  />
                ),
              })}
        >
          {actions}
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

/** Why something could not be read, with the way to mend it: signing in again where that is what it wants, else another try. */
export function RetryMessage({
  problem,
  onRetry,
}: {
  readonly problem: DeskProblem;
  readonly onRetry: () => void;
}) {
  const { t } = useTranslation();
  if (problem.code === 'signed_out')
    return (
      <ProblemMessage
        problem={problem}
        intent="warning"
        actions={
          <Button size="small" onClick={() => showSignIn(true)}>
            {t('frame.signInAgain')}
          </Button>
        }
      />
    );
  return (
    <ProblemMessage
      problem={problem}
      actions={
        <Button
          size="small"
          onClick={(event) => {
            // The button goes with the message; in a dialog the keyboard must not go with it.
            event.currentTarget.closest<HTMLElement>('[role="dialog"]')?.focus();
            onRetry();
          }}
        >
          {t('common.retry')}
        </Button>
      }
    />
  );
}
