/** An amount of money in a line or a cell: tabular digits, an explicit sign, and never colour alone. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { money, signOf } from '../format.ts';

const useStyles = makeStyles({
  amount: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  gain: { color: tokens.colorStatusSuccessForeground1 },
});

interface Props {
  readonly value: string;
  /** Writes `+` before a gain and colours it. */
  readonly signed?: boolean;
  readonly className?: string | undefined;
}

export function Amount({ value, signed = false, className }: Props) {
  const styles = useStyles();
  return (
    <span className={mergeClasses(styles.amount, signed && signOf(value) > 0 && styles.gain, className)}>
      {money(value, signed ? 'always' : 'negative')}
    </span>
  );
}
