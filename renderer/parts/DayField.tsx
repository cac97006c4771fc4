/** A day of the calendar, typed or picked. */
import { CalendarField, type CalendarFieldProps } from './CalendarField.tsx';

interface Props extends Omit<CalendarFieldProps, 'value' | 'onValue'> {
  readonly day: string | null;
  readonly onDay: (day: string) => void;
}

export function DayField({ day, onDay, ...rest }: Props) {
  return <CalendarField of="day" value={day} onValue={onDay} {...rest} />;
}
