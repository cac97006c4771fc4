/**
 * A day and a time of it in the person's own zone. It counts once both are there; until then, and while a day that is none
 * stands in the field, there is no instant, and what was typed stays.
 */
import { useState } from 'react';
import { Input, makeStyles } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { dayOf, instantOf, timeOf } from '../../../format.ts';
import { DayField } from '../../../parts/DayField.tsx';
import { useTimeZone } from '../../../parts/useFormat.ts';

const useStyles = makeStyles({
  pair: { display: 'flex', gap: '8px', minWidth: 0 },
  day: { flex: '1 1 0', minWidth: '110px' },
  time: { width: '128px', minWidth: '128px', '& input': { minWidth: 0, width: '100%' } },
});

interface Props {
  readonly name: string;
  /** As the contract writes it; anything else: none yet. */
  readonly instant: string;
  readonly onInstant: (instant: string) => void;
}

export function InstantInput({ name, instant, onInstant }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const timeZone = useTimeZone();
  const atMs = Date.parse(instant);
  const known = !Number.isNaN(atMs);
  // Null while neither was touched: then it shows the instant that counts.
  const [typed, setTyped] = useState<{ day: string | null; time: string } | null>(null);
  const { day, time } = typed ?? {
    day: known ? dayOf(atMs, timeZone) : null,
    time: known ? timeOf(atMs, timeZone) : '00:00',
  };
  const take = (next: { day: string | null; time: string }): void => {
    setTyped(next);
    onInstant((next.day === null ? null : instantOf(next.day, next.time, timeZone)) ?? '');
  };
  return (
    <span className={styles.pair}>
      <DayField
        className={styles.day}
        label={t('office.document.dayOf', { name })}
        day={day}
        required={day !== null}
        onDay={(chosen) => take({ day: chosen, time })}
        onWrong={(words) => {
          setTyped({ day, time });
          onInstant(words === null && day !== null ? (instantOf(day, time, timeZone) ?? '') : '');
        }}
      />
      <Input
        className={styles.time}
        type="time"
        aria-label={t('office.document.timeOf', { name })}
        value={time}
        onChange={(_, data) => take({ day, time: data.value })}
      />
    </span>
  );
}
