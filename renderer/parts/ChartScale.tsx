/**
 * The scale of a chart, and on it what the chart is of: two cells of its grid, amounts at even distances and a line at each,
 * the first one the base. It decides on no amount, and its letters are the chart's.
 */
import type { ReactNode } from 'react';
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  names: {
    display: 'flex',
    flexDirection: 'column-reverse',
    justifyContent: 'space-between',
    minWidth: '34px',
    whiteSpace: 'nowrap',
  },
  // Its middle stands at the line that it names.
  name: { height: 0, display: 'flex', alignItems: 'center', justifyContent: 'flex-end' },
  plot: { position: 'relative', display: 'flex', alignItems: 'stretch' },
  line: {
    position: 'absolute',
    left: 0,
    right: 0,
    height: '1px',
    backgroundColor: tokens.colorNeutralStroke3,
    pointerEvents: 'none',
  },
  base: { backgroundColor: tokens.colorNeutralStroke1 },
});

interface Props {
  /** What the lines stand for, from the base up. */
  readonly names: readonly string[];
  /** Side by side; each has to be positioned, so that it stands above the lines. */
  readonly children: ReactNode;
}

export function ChartScale({ names, children }: Props) {
  const styles = useStyles();
  return (
    <>
      <div className={styles.names} aria-hidden>
        {names.map((name, index) => (
          <span key={index} className={styles.name}>
            {name}
          </span>
        ))}
      </div>
      <div className={styles.plot} aria-hidden>
        {names.map((_, index) => (
          <span
            key={index}
            className={mergeClasses(styles.line, index === 0 && styles.base)}
            style={{ bottom: `${(index * 100) / (names.length - 1)}%` }}
          />
        ))}
        {children}
      </div>
    </>
  );
}
