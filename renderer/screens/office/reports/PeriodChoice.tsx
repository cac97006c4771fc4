/** Which day, month or year a report is of: a kind, and steps back and forth that end today. */
import { Button, makeStyles, Select, tokens } from '@fluentui/react-components';
import { ChevronLeft20Regular, ChevronRight20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { dayBefore } from '../../../format.ts';
import { useFormat } from '../../../parts/useFormat.ts';

const useStyles = makeStyles({
  choice: { display: 'flex', alignItems: 'center', gap: '6px', flexWrap: 'wrap' },
  period: {
    minWidth: '112px',
    textAlign: 'center',
    fontVariantNumeric: 'tabular-nums',
    fontWeight: tokens.fontWeightSemibold,
  },
});

const lengths = { day: 10, month: 7, year: 4 } as const;
type Kind = keyof typeof lengths;
const kinds = ['day', 'month', 'year'] as const;

interface Props {
  readonly period: string;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  readonly onPeriod: (period: string) => void;
}

export function PeriodChoice({ period, today, onPeriod }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const kind = kinds.find((one) => lengths[one] === period.length) ?? 'month';
  const next = stepped(period, 1);
  return (
    <div className={styles.choice} role="group" aria-label={t('office.reports.period')}>
      <Select
        aria-label={t('office.reports.kind')}
        value={kind}
        onChange={(_, { value }) => onPeriod(ofKind(period, today, value as Kind))}
      >
        {kinds.map((one) => (
          <option key={one} value={one}>
            {t(`office.reports.kinds.${one}`)}
          </option>
        ))}
      </Select>
      <Button
        appearance="subtle"
        icon={<ChevronLeft20Regular />}
        aria-label={t('office.reports.before')}
        onClick={() => onPeriod(stepped(period, -1))}
      />
      <span className={styles.period} aria-live="polite">
        {format.period(period)}
      </span>
      <Button
        appearance="subtle"
        icon={<ChevronRight20Regular />}
        aria-label={t('office.reports.after')}
        disabled={next > today.slice(0, next.length)}
        onClick={() => onPeriod(next)}
      />
    </div>
  );
}

/** The same time in another length; a longer one begins where today is in it, if it is. */
function ofKind(period: string, today: string, kind: Kind): string {
  const length = lengths[kind];
  if (period.length >= length) return period.slice(0, length);
  if (today.startsWith(period)) return today.slice(0, length);
  return `${period}-01-01`.slice(0, length);
}

function stepped(period: string, by: 1 | -1): string {
  if (period.length === 10) return dayBefore(period, -by);
  if (period.length === 4) return String(Number(period) + by);
  const [year = 0, month = 1] = period.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + by, 1)).toISOString().slice(0, 7);
}
