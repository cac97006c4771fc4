/** How the desk stands with the server, in one line; opens the outbox. */
import { Button, makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import { Circle12Filled, CloudOff16Regular, Warning16Filled } from '@fluentui/react-icons';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { SyncState } from '../../../shared/ipc-desk.ts';
import { money, type Format } from '../../format.ts';
import { useFormat, useNow } from '../../parts/useFormat.ts';
import { useDesk } from '../../state/mirror.ts';
import { goTo } from '../../state/navigation.ts';

const useStyles = makeStyles({
  pill: {
    borderRadius: tokens.borderRadiusCircular,
    fontWeight: tokens.fontWeightRegular,
    whiteSpace: 'nowrap',
    fontVariantNumeric: 'tabular-nums',
    minWidth: 0,
    flexShrink: 0,
    // Where there is no room its words are cut before anything else; the button's title says what it opens.
    '@media (max-width: 760px)': { flexShrink: 1, overflow: 'hidden', justifyContent: 'flex-start' },
  },
  good: { color: tokens.colorStatusSuccessForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
  bad: { color: tokens.colorStatusDangerForeground1 },
});

type Sync = z.infer<typeof SyncState>;

/** The pill's words: what needs a person first, then what waits, then how fresh everything is. */
function pillText(t: TFunction, format: Format, sync: Sync, nowMs: number): string {
  if (sync.drift !== null) return t('sync.drift');
  if (sync.attentionCount > 0) return t('sync.attention', { attention: format.count(sync.attentionCount) });
  const state =
    sync.online === false ? t('sync.offline') : sync.online === null ? t('sync.unknown') : t('sync.online');
  const rest =
    sync.pendingCount > 0
      ? t('sync.pending', { pending: format.count(sync.pendingCount), amount: money(sync.pendingAmount) })
      : sync.lastSyncedAt === null
        ? t('sync.never')
        : nowMs - Date.parse(sync.lastSyncedAt) < 60_000
          ? t('sync.justNow')
          : t('sync.ago', { ago: format.ago(sync.lastSyncedAt, nowMs) });
  return t('sync.line', { state, rest });
}

export function SyncPill() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const nowMs = useNow();
  const sync = useDesk((desk) => desk.sync);
  return (
    <Button
      size="small"
      className={styles.pill}
      icon={<PillIcon sync={sync} />}
      title={t('sync.open')}
      onClick={() => goTo('outbox')}
    >
      {pillText(t, format, sync, nowMs)}
    </Button>
  );
}

function PillIcon({ sync }: { readonly sync: Sync }) {
  const styles = useStyles();
  if (sync.drift !== null || sync.attentionCount > 0) return <Warning16Filled className={styles.bad} />;
  if (sync.running) return <Spinner size="extra-tiny" aria-hidden />;
  if (sync.online === false) return <CloudOff16Regular className={styles.quiet} />;
  return <Circle12Filled className={mergeClasses(sync.online === true ? styles.good : styles.quiet)} />;
}
