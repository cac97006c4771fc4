/** Names and values beneath each other, as in a record's detail or a confirmation. */
import type { ReactNode } from 'react';
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  facts: {
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalXL,
    rowGap: tokens.spacingVerticalSNudge,
    margin: 0,
  },
  // An amount is never broken in two: the names give way.
  ends: { gridTemplateColumns: 'minmax(0, 1fr) fit-content(66%)' },
  name: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, overflowWrap: 'anywhere', fontVariantNumeric: 'tabular-nums' },
  end: { textAlign: 'right' },
  strong: { fontWeight: tokens.fontWeightSemibold, fontSize: tokens.fontSizeBase400 },
});

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  readonly strong?: boolean;
}

interface Props {
  readonly facts: readonly Fact[];
  /** Values at the right edge, for amounts that are compared. */
  readonly end?: boolean;
}

export function Facts({ facts, end = false }: Props) {
  const styles = useStyles();
  return (
    <dl className={mergeClasses(styles.facts, end && styles.ends)}>
      {facts.map(({ name, value, strong }) => (
        // A fragment would do but for its key; `display: contents` keeps the grid.
        <div key={name} style={{ display: 'contents' }}>
          <dt className={styles.name}>{name}</dt>
          <dd
            dir="auto"
            className={mergeClasses(styles.value, end && styles.end, strong === true && styles.strong)}
          >
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
