/** The copies of the data folder: the last ones, making one now, and bringing back what is missing from one. */
import { useState } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { CommandOutput } from '../../../shared/ipc.ts';
import type { Backup } from '../../../shared/ipc-desk.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { ProblemMessage, RetryMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { useCommand } from '../../state/command.ts';
import { useReading } from '../../state/reading.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyle: 'none', display: 'flex', flexDirection: 'column' },
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalL,
    minHeight: '36px',
    fontVariantNumeric: 'tabular-nums',
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  size: { color: tokens.colorNeutralForeground3, marginLeft: 'auto' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

type Restored = CommandOutput<'backup.restore'>;

export function BackupSection() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { output: backups, problem: unread, readAgain } = useReading('backup.list', {});
  const [asking, setAsking] = useState<Backup | null>(null);
  const [restored, setRestored] = useState<Restored | null>(null);
  const make = useCommand('backup.make');
  const restore = useCommand('backup.restore');

  const backUp = async (): Promise<void> => {
    await make.run({});
    readAgain();
  };
  const bringBack = async (name: string): Promise<void> => {
    const reply = await restore.run({ name });
    if (reply?.ok !== true) return;
    setRestored(reply.output);
    setAsking(null);
  };

  return (
    <Section
      title={t('backup.title')}
      aside={
        <Button
          size="small"
          disabled={make.busy}
          {...(make.busy ? { icon: <Spinner size="extra-tiny" aria-hidden /> } : {})}
          onClick={() => void backUp()}
        >
          {t('backup.now')}
        </Button>
      }
    >
      {make.problem !== null && <ProblemMessage problem={make.problem} onDismiss={make.clear} />}
      {restored !== null && (
        <MessageBar intent="success" role="status">
          <MessageBarBody>
            {restored.charges + restored.campaigns === 0
              ? t('backup.nothingMissing')
              : t('backup.restored', {
                  charges: format.count(restored.charges),
                  campaigns: format.count(restored.campaigns),
                })}
          </MessageBarBody>
        </MessageBar>
      )}
      <Text className={styles.quiet}>{t('backup.lead')}</Text>
      {unread !== null && <RetryMessage problem={unread} onRetry={readAgain} />}
      {backups === null && unread === null && <Text className={styles.quiet}>{t('common.loading')}</Text>}
      {backups !== null && backups.items.length === 0 && <Text>{t('backup.none')}</Text>}
      {backups !== null && backups.items.length > 0 && (
        <ul className={styles.list} aria-label={t('backup.list')}>
          {backups.items.map((backup) => (
            <li key={backup.name} className={styles.row}>
              <span>{format.dateTime(backup.at)}</span>
              <span className={styles.size}>{sizeText(backup.bytes)}</span>
              <Button
                size="small"
                aria-label={t('backup.restoreOf', { time: format.dateTime(backup.at) })}
                onClick={() => setAsking(backup)}
              >
                {t('backup.restore')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {backups !== null && (
        <Facts
          facts={[
            {
              name: t('backup.folder'),
              value: <CopyText text={backups.folder} name={t('backup.folder')} />,
            },
          ]}
        />
      )}
      {asking !== null && (
        <AskDialog
          open
          title={t('backup.restoreTitle')}
          confirm={t('backup.restore')}
          cancel={t('common.cancel')}
          busy={restore.busy}
          problem={restore.problem}
          onConfirm={() => void bringBack(asking.name)}
          onClose={() => setAsking(null)}
        >
          <Text>{t('backup.restoreText', { time: format.dateTime(asking.at) })}</Text>
        </AskDialog>
      )}
    </Section>
  );
}

const kilobyte = 1_024;

/** A file's size in the unit that leaves few digits. */
function sizeText(bytes: number): string {
  const inMegabytes = bytes / kilobyte / kilobyte;
  return inMegabytes < 1 ? `${Math.ceil(bytes / kilobyte)} KB` : `${inMegabytes.toFixed(1)} MB`;
}
