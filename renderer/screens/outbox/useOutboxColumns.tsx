/** The outbox's columns, with what may be done about each charge. */
import { useState } from 'react';
import { Button, Link, makeStyles, tokens } from '@fluentui/react-components';
import { Checkmark16Regular, Copy16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { invoke } from '../../bridge.ts';
import { money } from '../../format.ts';
import { Amount } from '../../parts/Amount.tsx';
import { useFormat, useNow } from '../../parts/useFormat.ts';
import { platformName, problemText } from '../../parts/words.ts';
import type { Column } from '../../parts/VirtualTable.tsx';
import type { OutboxCharge } from '../../state/outbox.ts';
import { OutboxMark } from './OutboxMark.tsx';

const useStyles = makeStyles({
  target: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground3 },
  actions: { display: 'flex', justifyContent: 'flex-end', gap: '4px' },
  small: { minWidth: '40px', padding: '0 6px' },
});

interface Handlers {
  readonly busy: boolean;
  readonly onRetry: (item: OutboxCharge) => void;
  /** Opens what has become of one. */
  readonly onOpen: (item: OutboxCharge) => void;
  /** Opens what the two sides say about a rejected one, and what may be done. */
  readonly onResolve: (item: OutboxCharge) => void;
}

export function useOutboxColumns({
  busy,
  onOpen,
  onRetry,
  onResolve,
}: Handlers): readonly Column<OutboxCharge>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const nowMs = useNow();
  const styles = useStyles();
  const answer = (item: OutboxCharge): string => {
    if (item.waiveReason !== null) return item.waiveReason;
    if (item.problem !== null) return problemText(t, item.problem);
    return item.settledAt === null ? '' : t('outbox.settledAt', { time: format.dateTime(item.settledAt) });
  };
  /** The column is narrow: of two prices it shows both before any other word. */
  const inShort = (item: OutboxCharge): string => {
    const { conflict } = item;
    if (conflict?.action !== 'accept_price' || conflict.local === null || conflict.server === null)
      return answer(item);
    return t('outbox.repriced', {
      local: money(conflict.local),
      server: money(conflict.server),
    });
  };
  return [
    {
      key: 'seq',
      header: t('column.number'),
      width: '52px',
      controls: true,
      cell: (item) => (
        <Link
          as="button"
          aria-label={t('charge.open', { number: format.count(item.deviceSeq) })}
          onClick={() => onOpen(item)}
        >
          {item.deviceSeq}
        </Link>
      ),
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '96px',
      cell: (item) => <OutboxMark state={item.state} />,
    },
    {
      key: 'target',
      header: t('column.target'),
      width: 'minmax(96px, 0.8fr)',
      cell: (item) => (
        <span className={styles.target} title={item.targetUserId}>
          {item.targetUserId}
        </span>
      ),
    },
    {
      key: 'platform',
      fromTablePx: 900,
      header: t('column.platform'),
      width: '96px',
      cell: (item) => platformName(t, item.platform),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      width: '72px',
      end: true,
      amountOf: (item) => item.amount,
      cell: (item) => <Amount value={item.amount} />,
    },
    {
      key: 'attempts',
      fromTablePx: 860,
      header: t('column.attempts'),
      width: '60px',
      end: true,
      cell: (item) => format.count(item.attempts),
    },
    {
      key: 'next',
      fromTablePx: 800,
      header: t('column.nextTry'),
      width: '84px',
      cell: (item) =>
        item.nextTryAt === null ? (
          ''
        ) : (
          <span title={format.dateTime(item.nextTryAt)}>
            {Date.parse(item.nextTryAt) <= nowMs ? t('outbox.soon') : format.ahead(item.nextTryAt, nowMs)}
          </span>
        ),
    },
    {
      key: 'answer',
      header: t('column.answer'),
      width: 'minmax(120px, 2fr)',
      cell: (item) => (
        <span className={styles.quiet} title={answer(item)}>
          {inShort(item)}
        </span>
      ),
    },
    {
      key: 'actions',
      header: t('column.actions'),
      end: true,
      width: '132px',
      controls: true,
      cell: (item) => <RowActions item={item} busy={busy} onRetry={onRetry} onResolve={onResolve} />,
    },
  ];
}

function RowActions({
  item,
  busy,
  onRetry,
  onResolve,
}: Omit<Handlers, 'onOpen'> & { readonly item: OutboxCharge }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const ended = item.state === 'settled' || item.state === 'waived';
  return (
    <span className={styles.actions}>
      {!ended && item.state !== 'sending' && item.state !== 'rejected' && (
        <Button
          size="small"
          className={styles.small}
          disabled={busy}
          aria-label={t('outbox.retryOf', { target: item.targetUserId })}
          onClick={() => onRetry(item)}
        >
          {t('common.retry')}
        </Button>
      )}
      {item.state === 'rejected' && (
        <Button
          size="small"
          appearance="primary"
          className={styles.small}
          aria-label={t('outbox.resolveOf', { target: item.targetUserId })}
          onClick={() => onResolve(item)}
        >
          {t('outbox.resolve')}
        </Button>
      )}
      <CopyEvidence item={item} />
    </span>
  );
}

/** Copies the charge as the desk knows it, for a message to those who run the server. */
function CopyEvidence({ item }: { readonly item: OutboxCharge }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const sent = await invoke('outbox.attempts', { id: item.id });
    const evidence = { ...item, sent: sent.ok ? sent.output.items : null };
    navigator.clipboard.writeText(JSON.stringify(evidence, null, 2)).then(
      () => setCopied(true),
      (error: unknown) => console.warn('the clipboard refused', error),
    );
  };
  return (
    <Button
      size="small"
      appearance="subtle"
      icon={copied ? <Checkmark16Regular /> : <Copy16Regular />}
      title={t('outbox.copyEvidence')}
      aria-label={copied ? t('common.copied') : t('outbox.copyEvidenceOf', { target: item.targetUserId })}
      onClick={() => void copy()}
      onBlur={() => setCopied(false)}
    />
  );
}
