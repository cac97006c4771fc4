/**
 * How much waits behind an entry of a navigation, beside its name: a figure to see, and a description for who hears it, so
 * that the entry goes by its own name whatever waits there.
 */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  count: {
    marginLeft: 'auto',
    minWidth: '18px',
    padding: '0 5px',
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    fontSize: tokens.fontSizeBase100,
    fontWeight: tokens.fontWeightSemibold,
    lineHeight: '18px',
    textAlign: 'center',
  },
  wrong: { backgroundColor: tokens.colorStatusDangerBackground3 },
});

interface Props {
  /** By which the entry is described: `aria-describedby`. */
  readonly id: string;
  readonly count: number;
  readonly words: string;
  /** Something has failed, and is not only to be looked at. */
  readonly wrong?: boolean;
  /** Puts the figure elsewhere than at the entry's end. */
  readonly className?: string;
}

/** More are told by that there are more. */
const shownMax = 99;

export function NavCount({ id, count, words, wrong = false, className }: Props) {
  const styles = useStyles();
  return (
    <>
      <span aria-hidden className={mergeClasses(styles.count, wrong && styles.wrong, className)}>
        {count > shownMax ? `${shownMax}+` : count}
      </span>
      <span id={id} hidden>
        {words}
      </span>
    </>
  );
}
