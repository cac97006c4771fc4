/** By how much a bill is above what is here, or below it. Without a colour: a cost that grows is no gain. */
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
