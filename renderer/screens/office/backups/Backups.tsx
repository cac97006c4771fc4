/** Backups of the server: which there are, whether each was proved to be one, and one now. */
import { useEffect, useMemo, useState } from 'react';
import { Button, makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Backup } from '../../../../shared/api-backups.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { Page } from '../../../parts/Page.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { useAnswer, useDoing } from '../../../state/ask.ts';
import type { Pages } from '../../../state/pages.ts';
import { FilterBar } from '../parts/FilterBar.tsx';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { useMay } from '../parts/useMay.ts';
import { useOpenRow } from '../parts/useOpenRow.ts';
import { BackupBadge } from './BackupBadge.tsx';
import { BackupDrawer } from './BackupDrawer.tsx';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground3 },
});

const keyOf = ({ id }: Backup): string => id;
const noRequest = {};
/** One that is being written or proved is looked at again so often. */
const lookEveryMs = 3_000;

export function Backups() {
  const { t } = useTranslation();
  const { body, problem, readAgain } = useAnswer('backups', noRequest);
  const mayMake = useMay('makeBackup');
  const make = useDoing('makeBackup');
  const [asking, setAsking] = useState(false);
  const format = useFormat();
  const columns = useColumns();
  const isUnderWay = body?.items.some(({ state }) => state === 'writing' || state === 'written') === true;
  useEffect(() => {
    if (!isUnderWay) return undefined;
    const timer = setInterval(readAgain, lookEveryMs);
    return () => clearInterval(timer);
  }, [isUnderWay, readAgain]);
  const pages = useMemo<Pages<Backup>>(
    () => ({
      rows: body?.items ?? [],
      total: body?.items.length ?? null,
      ended: body !== null,
      loading: body === null && problem === null,
      problem,
      more: () => undefined,
      retry: readAgain,
      refresh: readAgain,
    }),
    [body, problem, readAgain],
  );
  const confirm = async (): Promise<void> => {
    const told = await make.run({});
    if (told?.ok !== true) return;
    setAsking(false);
    readAgain();
  };
  const stop = (): void => {
    make.clear();
    setAsking(false);
  };
  const [open, setOpen] = useOpenRow(pages.rows, keyOf);
  const lastVerified = body?.items.find(({ state }) => state === 'verified');
  return (
    <Page
      title={t('office.backups.title')}
      fill
      actions={
        mayMake &&
        body?.isSetUp === true && (
          <Button
            appearance="primary"
            disabledFocusable={isUnderWay}
            onClick={() => !isUnderWay && setAsking(true)}
          >
            {t('office.backups.make')}
          </Button>
        )
      }
    >
      {body !== null && !body.isSetUp && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{t('office.backups.notSetUp')}</MessageBarBody>
        </MessageBar>
      )}
      <FilterBar onRefresh={readAgain}>
        <LastVerified backup={lastVerified} known={body !== null} />
      </FilterBar>
      <OfficeTable
        label={t('office.backups.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ begunAt }) => t('office.backups.open', { at: format.dateTime(begunAt) })}
        onOpen={setOpen}
        none={{ title: t('office.backups.none'), text: t('office.backups.noneText') }}
      />
      <BackupDrawer backup={open} onClose={() => setOpen(null)} />
      {asking && (
        <AskDialog
          open
          title={t('office.backups.makeTitle')}
          confirm={t('office.backups.make')}
          cancel={t('common.cancel')}
          busy={make.busy}
          problem={make.problem}
          onConfirm={() => void confirm()}
          onClose={stop}
        >
          <Text>{t('office.backups.makeMeans')}</Text>
        </AskDialog>
      )}
    </Page>
  );
}

function LastVerified({ backup, known }: { readonly backup: Backup | undefined; readonly known: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!known) return null;
  return (
    <Text>
      {backup?.verifiedAt === undefined
        ? t('office.backups.neverVerified')
        : t('office.backups.lastVerified', { at: format.dateTime(backup.verifiedAt) })}
    </Text>
  );
}

function useColumns(): readonly Column<Backup>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    {
      key: 'begun',
      header: t('office.backups.begunAt'),
      width: '150px',
      cell: ({ begunAt }) => format.dateTime(begunAt),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '96px',
      cell: ({ state }) => <BackupBadge state={state} />,
    },
    {
      key: 'how',
      header: t('office.backups.how'),
      width: '72px',
      fromTablePx: 780,
      cell: ({ scheduled }) => t(scheduled ? 'office.backups.scheduled' : 'office.backups.byHand'),
    },
    {
      key: 'size',
      header: t('office.backups.size'),
      width: '88px',
      end: true,
      cell: ({ bytes }) => (bytes === undefined ? '–' : format.megabytes(bytes)),
    },
    {
      key: 'rows',
      header: t('office.backups.rows'),
      width: '96px',
      end: true,
      cell: ({ rows }) => (rows === undefined ? '–' : format.count(rows)),
    },
    {
      key: 'file',
      header: t('office.backups.file'),
      width: 'minmax(160px, 1fr)',
      cell: ({ file }) => (
        <span className={styles.quiet} title={file}>
          {file}
        </span>
      ),
    },
    {
      key: 'key',
      header: t('office.backups.key'),
      width: '144px',
      fromTablePx: 960,
      cell: ({ keyId }) => <span className={styles.quiet}>{keyId}</span>,
    },
  ];
}
