/** Tells that the server has seen this device's charge numbers twice, or not at all, until a person takes note of it. */
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { SyncState } from '../../../shared/ipc-desk.ts';
import { problemText } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';

const useStyles = makeStyles({ bar: { flexShrink: 0 }, line: { margin: '4px 0 0' } });
/** More numbers than this help nobody. */
const listedMax = 10;

function listed(numbers: readonly number[]): string {
  const shown = numbers.slice(0, listedMax).join(', ');
  return numbers.length > listedMax ? `${shown}, …` : shown;
}

interface Props {
  readonly numbers: NonNullable<z.infer<typeof SyncState>['numbers']>;
}

export function NumbersCard({ numbers: { missing, reused } }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const note = useCommand('sync.noteNumbers');
  return (
    <MessageBar intent="warning" layout="multiline" className={styles.bar} role="alert">
      <MessageBarBody>
        <MessageBarTitle>{t('numbers.title')}</MessageBarTitle>
        {reused.length > 0 && (
          <p className={styles.line}>
            {t('numbers.reused', { numbers: listed(reused), count: reused.length })}
          </p>
        )}
        {missing.length > 0 && (
          <p className={styles.line}>
            {t('numbers.missing', { numbers: listed(missing), count: missing.length })}
          </p>
        )}
        {note.problem !== null && <p className={styles.line}>{problemText(t, note.problem)}</p>}
      </MessageBarBody>
      <MessageBarActions>
        <Button disabled={note.busy} onClick={() => void note.run({})}>
          {t('numbers.note')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}
