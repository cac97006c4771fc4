/** One backup in full: its file and key, when it was written and proved, and of one that failed what the server said. */
import { makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Backup } from '../../../../shared/api-backups.ts';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts, type Fact } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { BackupBadge } from './BackupBadge.tsx';

const useStyles = makeStyles({
  words: { whiteSpace: 'normal' },
  part: { display: 'flex', flexDirection: 'column', gap: '6px' },
  name: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly backup: Backup | null;
  readonly onClose: () => void;
}

export function BackupDrawer({ backup, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DetailDrawer
      shown={backup}
      wide
      title={({ begunAt }) => t('office.backups.one', { at: format.dateTime(begunAt) })}
      onClose={onClose}
    >
      {(of) => <Detail backup={of} />}
    </DetailDrawer>
  );
}

function Detail({ backup }: { readonly backup: Backup }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { state, scheduled, file, keyId, begunAt, writtenAt, verifiedAt, bytes, rows, problem } = backup;
  const facts: (Fact | false)[] = [
    { name: t('column.state'), value: <BackupBadge state={state} /> },
    {
      name: t('office.backups.how'),
      value: t(scheduled ? 'office.backups.scheduled' : 'office.backups.byHand'),
    },
    { name: t('office.backups.begunAt'), value: format.dateTimeZone(begunAt) },
    writtenAt !== undefined && { name: t('office.backups.writtenAt'), value: format.dateTimeZone(writtenAt) },
    verifiedAt !== undefined && {
      name: t('office.backups.verifiedAt'),
      value: format.dateTimeZone(verifiedAt),
    },
    bytes !== undefined && { name: t('office.backups.size'), value: format.megabytes(bytes) },
    rows !== undefined && { name: t('office.backups.rows'), value: format.count(rows) },
    { name: t('office.backups.file'), value: <CopyText text={file} name={t('office.backups.file')} /> },
    { name: t('office.backups.key'), value: <CopyText text={keyId} name={t('office.backups.key')} /> },
  ];
  return (
    <>
      {state === 'failed' && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody className={styles.words}>{t('office.backups.problemMeans')}</MessageBarBody>
        </MessageBar>
      )}
      <Facts facts={facts.filter((fact) => fact !== false)} />
      {problem !== undefined && (
        <div className={styles.part}>
          <Text className={styles.name}>{t('office.backups.problem')}</Text>
          <CopyText text={problem} name={t('office.backups.problem')} />
        </div>
      )}
    </>
  );
}
