/** By how much money differs or would move, with its sign. Without a colour: what is more of it is not for that a gain. */
import { makeStyles, mergeClasses } from '@fluentui/react-components';
import { money } from '../../../format.ts';

const useStyles = makeStyles({
  gap: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
});

interface Props {
  readonly value: string;
  readonly className?: string | undefined;
}

export function Gap({ value, className }: Props) {
  const styles = useStyles();
  return <span className={mergeClasses(styles.gap, className)}>{money(value, 'always')}</span>;
}
