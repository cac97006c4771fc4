/**
 * A charge that the server refused, seen from both sides, with the one step that is recommended. Giving it up stays open
 * beside it. The figures and the recommendation are the engine's; nothing is reckoned here.
 */
import { useState } from 'react';
import { Button, Checkbox, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { OutboxConflict } from '../../../shared/ipc-outbox.ts';
import { money } from '../../format.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { problemText } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { startRecharge } from '../../state/recharge.ts';
import type { OutboxCharge } from '../../state/outbox.ts';
import { useReading } from '../../state/reading.ts';

const useStyles = makeStyles({
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    fontVariantNumeric: 'tabular-nums',
    '& th': {
      fontWeight: tokens.fontWeightRegular,
      color: tokens.colorNeutralForeground3,
      textAlign: 'right',
    },
    '& td': { textAlign: 'right' },
    '& th:first-child, & td:first-child': { textAlign: 'left' },
    '& th, & td': { padding: '4px 0 4px 12px', whiteSpace: 'nowrap' },
    '& th:first-child': { paddingLeft: 0 },
  },
  differs: { fontWeight: tokens.fontWeightSemibold, color: tokens.colorStatusDangerForeground1 },
  advice: { color: tokens.colorNeutralForeground2 },
});

type Conflict = z.infer<typeof OutboxConflict>;
interface Props {
  readonly item: OutboxCharge;
  readonly conflict: Conflict;
  readonly onDone: () => void;
  /** The person would rather give it up, for a reason of their own. */
  readonly onWaive: () => void;
  readonly onClose: () => void;
}

export function ResolveDialog({ item, conflict, onDone, onWaive, onClose }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const retry = useCommand('outbox.retry');
  const accept = useCommand('outbox.acceptPrice');
  const waive = useCommand('outbox.waive');
  const { action, server, earlierChargeId } = conflict;
  const [others, setOthers] = useState(false);

  const steps: Record<Conflict['action'], () => Promise<boolean>> = {
    accept_price: async () => (await accept.run({ id: item.id, amount: server ?? '', others }))?.ok === true,
    recharge: async () => {
      startRecharge();
      return true;
    },
    waive: async () => {
      const reason = t('conflict.waiveReason', { id: earlierChargeId ?? '—' });
      return (await waive.run({ id: item.id, reason }))?.ok === true;
    },
    wait: async () => (await retry.run({ id: item.id }))?.ok === true,
    from_balance: async () => (await retry.run({ id: item.id }))?.ok === true,
    contact: async () => (await retry.run({ id: item.id }))?.ok === true,
  };
  const decide = async (): Promise<void> => {
    if (!(await steps[action]())) return;
    onDone();
    onClose();
  };

  return (
    <AskDialog
      open
      title={t('conflict.title')}
      confirm={t(`conflict.do.${action}`, { amount: server === null ? '' : money(server) })}
      cancel={t('common.cancel')}
      busy={retry.busy || accept.busy || waive.busy}
      problem={accept.problem ?? waive.problem ?? retry.problem}
      extra={action === 'waive' ? undefined : <Button onClick={onWaive}>{t('outbox.waive')}</Button>}
      onConfirm={() => void decide()}
      onClose={onClose}
    >
      {item.problem !== null && <Text>{problemText(t, item.problem)}</Text>}
      {server !== null && <Sides conflict={conflict} />}
      <Facts
        facts={[
          { name: t('conflict.target'), value: item.targetUserId },
          ...(server === null ? [{ name: t('conflict.local'), value: money(item.amount) }] : []),
        ]}
      />
      {earlierChargeId !== null && <EarlierCharge id={earlierChargeId} />}
      {action === 'accept_price' && <SamePrice id={item.id} chosen={others} onChoose={setOthers} />}
      <Text className={styles.advice}>{t(`conflict.advice.${action}`)}</Text>
    </AskDialog>
  );
}

function shown(amount: string | null): string {
  return amount === null ? '—' : money(amount);
}

/** What the desk and the server say, side by side. */
function Sides({ conflict }: { readonly conflict: Conflict }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col" aria-hidden />
          <th scope="col">{t('conflict.local')}</th>
          <th scope="col">{t('conflict.server')}</th>
          <th scope="col">{t('conflict.difference')}</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t(conflict.action === 'recharge' ? 'conflict.balance' : 'conflict.amount')}</th>
          <td>{shown(conflict.local)}</td>
          <td>{shown(conflict.server)}</td>
          <td className={styles.differs}>
            {conflict.difference === null ? '—' : money(conflict.difference, 'always')}
          </td>
        </tr>
      </tbody>
    </table>
  );
}

interface SamePriceProps {
  readonly id: string;
  readonly chosen: boolean;
  readonly onChoose: (chosen: boolean) => void;
}

/** One price that moved is often met by many charges: they may be agreed to together. */
function SamePrice({ id, chosen, onChoose }: SamePriceProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { output } = useReading('outbox.samePrice', { id }, 'outbox');
  if (output === null || output.count === 0) return null;
  return (
    <Checkbox
      checked={chosen}
      onChange={(_, data) => onChoose(data.checked === true)}
      label={t('conflict.samePrice', {
        others: format.count(output.count),
        difference: money(output.difference, 'always'),
      })}
    />
  );
}

/** The charge that a repeated target met: its id, and what the history says of it. */
function EarlierCharge({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { output: charge } = useReading('history.charge', { id });
  const known =
    charge === null
      ? '—'
      : t('conflict.earlierAt', {
          amount: money(charge.amount),
          time: format.dateTime(charge.occurredAt),
          seq: format.count(charge.seq),
        });
  return (
    <Facts
      facts={[
        { name: t('conflict.earlier'), value: known },
        { name: t('conflict.chargeId'), value: <CopyText text={id} name={t('conflict.chargeId')} /> },
      ]}
    />
  );
}
