/** One charge of the outbox: what it is for, and each time that it was sent, with what came back. It changes nothing. */
import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { OutboxAttempt } from '../../../shared/ipc-outbox.ts';
import { money } from '../../format.ts';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { InfoDialog } from '../../parts/InfoDialog.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import type { OutboxCharge } from '../../state/outbox.ts';
import { useReading } from '../../state/reading.ts';

const useStyles = makeStyles({
  attempts: {
    width: '100%',
    borderCollapse: 'collapse',
    fontVariantNumeric: 'tabular-nums',
    '& th': {
      textAlign: 'left',
      fontWeight: tokens.fontWeightRegular,
      color: tokens.colorNeutralForeground3,
    },
    '& th, & td': { padding: '6px 12px 6px 0', borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
    '& td:nth-child(2)': { whiteSpace: 'nowrap' },
    '& td:last-child': { overflowWrap: 'anywhere' },
  },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly item: OutboxCharge;
  readonly onClose: () => void;
}

export function ChargeDialog({ item, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <InfoDialog open title={t('charge.title', { number: format.count(item.deviceSeq) })} onClose={onClose}>
      <Facts
        facts={[
          { name: t('column.target'), value: item.targetUserId },
          { name: t('column.platform'), value: platformName(t, item.platform) },
          { name: t('column.amount'), value: money(item.amount) },
          { name: t('charge.occurredAt'), value: format.dateTime(item.occurredAt) },
          { name: t('conflict.chargeId'), value: <CopyText text={item.id} name={t('conflict.chargeId')} /> },
        ]}
      />
      <Attempts item={item} />
    </InfoDialog>
  );
}

function Attempts({ item }: { readonly item: OutboxCharge }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { output, problem } = useReading('outbox.attempts', { id: item.id }, 'outbox');
  const cameBack = ({ outcome, reason }: OutboxAttempt): string => t(`charge.${outcome}`, { reason });
  if (problem !== null) return <ProblemMessage problem={problem} />;
  if (output === null) return null;
  if (output.items.length === 0) return <Text className={styles.quiet}>{t('charge.neverSent')}</Text>;
  return (
    <table className={styles.attempts} aria-label={t('column.attempts')}>
      <thead>
        <tr>
          <th scope="col">{t('column.attempts')}</th>
          <th scope="col">{t('column.time')}</th>
          <th scope="col">{t('column.answer')}</th>
        </tr>
      </thead>
      <tbody>
        {output.items.map((one) => (
          <tr key={one.attempt}>
            <td>{format.count(one.attempt)}</td>
            <td>{format.dateTime(one.at)}</td>
            <td>{cameBack(one)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
