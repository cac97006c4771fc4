/** Which day, month or year a report is of: picked, typed, or by steps back and forth, and none that has not begun. */
import { Button, makeStyles, Select, ToggleButton } from '@fluentui/react-components';
import { ChevronLeft20Regular, ChevronRight20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { dayBefore } from '../../../format.ts';
import { DayField } from '../../../parts/DayField.tsx';
import { MonthField } from '../../../parts/MonthField.tsx';
import { unseen } from '../../../parts/unseen.ts';
import { useFormat } from '../../../parts/useFormat.ts';

const useStyles = makeStyles({
  choice: { display: 'flex', alignItems: 'flex-start', gap: '8px 16px', flexWrap: 'wrap' },
  part: { display: 'flex', alignItems: 'flex-start', gap: '4px' },
  field: { width: '184px' },
  near: { minWidth: 'auto' },
  unseen,
});

const lengths = { day: 10, month: 7, year: 4 } as const;
type Kind = keyof typeof lengths;
const kinds = ['day', 'month', 'year'] as const;
/** How many years may be chosen without a step back. */
const yearsOffered = 10;

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
  const isLast = next > today.slice(0, next.length);
  const thisMonth = today.slice(0, 7);
  const near = { today, thisMonth, lastMonth: stepped(thisMonth, -1) };
  return (
    <div className={styles.choice} role="group" aria-label={t('office.reports.period')}>
      <span className={styles.part}>
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
      </span>
      <span className={styles.part}>
        <Button
          appearance="subtle"
          icon={<ChevronLeft20Regular />}
          aria-label={t('office.reports.before')}
          title={t('office.reports.before')}
          onClick={() => onPeriod(stepped(period, -1))}
        />
        {kind === 'day' && (
          <DayField
            required
            explained
            className={styles.field}
            label={t('office.reports.which.day')}
            day={period}
            max={today}
            onDay={onPeriod}
          />
        )}
        {kind === 'month' && (
          <MonthField
            required
            explained
            className={styles.field}
            label={t('office.reports.which.month')}
            month={period}
            max={thisMonth}
            onMonth={onPeriod}
          />
        )}
        {kind === 'year' && (
          <Select
            className={styles.field}
            aria-label={t('office.reports.which.year')}
            value={period}
            onChange={(_, { value }) => onPeriod(value)}
          >
            {yearsUntil(today, period).map((year) => (
              <option key={year} value={year}>
                {format.period(year)}
              </option>
            ))}
          </Select>
        )}
        <Button
          appearance="subtle"
          icon={<ChevronRight20Regular />}
          aria-label={t('office.reports.after')}
          title={t('office.reports.after')}
          // The focus stays on it where the last step was taken.
          disabledFocusable={isLast}
          onClick={() => !isLast && onPeriod(next)}
        />
      </span>
      <span className={styles.part}>
        {(['today', 'thisMonth', 'lastMonth'] as const).map((one) => (
          <ToggleButton
            key={one}
            appearance="subtle"
            className={styles.near}
            checked={period === near[one]}
            onClick={() => onPeriod(near[one])}
          >
            {t(`office.reports.near.${one}`)}
          </ToggleButton>
        ))}
      </span>
      <span className={styles.unseen} aria-live="polite">
        {format.period(period)}
      </span>
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

/** The newest first; as far back as the one that is chosen. */
function yearsUntil(today: string, chosen: string): string[] {
  const last = Number(today.slice(0, 4));
  const count = Math.max(yearsOffered, last - Number(chosen) + 1);
  return Array.from({ length: count }, (_, back) => String(last - back));
}
