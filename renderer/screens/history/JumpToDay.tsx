/** Begins the list at a day that the person picks, and leads back to the newest row. The filter stays as it is. */
import { useState } from 'react';
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { dayOf } from '../../format.ts';
import { DayField } from '../../parts/DayField.tsx';
import { useFormat, useNow, useTimeZone } from '../../parts/useFormat.ts';
import { problemText } from '../../parts/words.ts';
import { jumpBack, jumpTo, useHistory } from '../../state/history.ts';

const useStyles = makeStyles({
  jump: { display: 'flex', alignItems: 'center', gap: '8px', marginLeft: 'auto' },
  day: { width: '140px' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function JumpToDay() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const jumped = useHistory((state) => state.jumped);
  const [refused, setRefused] = useState('');
  const today = dayOf(useNow(), useTimeZone());

  const jump = async (day: string): Promise<void> => {
    const reply = await jumpTo(day);
    if (!reply.ok) setRefused(problemText(t, reply.problem));
    else setRefused(reply.output.beforeSeq === null ? t('history.noneBefore') : '');
  };

  return (
    <span className={styles.jump}>
      <Text size={200} className={styles.quiet} role="status">
        {refused !== ''
          ? refused
          : jumped !== null && t('history.jumped', { day: format.dayFigures(jumped.day) })}
      </Text>
      {jumped !== null && (
        <Button size="small" onClick={() => void jumpBack()}>
          {t('history.toNewest')}
        </Button>
      )}
      <DayField
        className={styles.day}
        label={t('history.jump')}
        placeholder={t('history.jump')}
        day={jumped?.day ?? null}
        max={today}
        onDay={(day) => void jump(day)}
      />
    </span>
  );
}
