/** A month of the calendar, typed or picked. */
import { CalendarField, type CalendarFieldProps } from './CalendarField.tsx';

interface Props extends Omit<CalendarFieldProps, 'value' | 'onValue'> {
  readonly month: string | null;
  readonly onMonth: (month: string) => void;
}

export function MonthField({ month, onMonth, ...rest }: Props) {
  return <CalendarField of="month" value={month} onValue={onMonth} {...rest} />;
}
