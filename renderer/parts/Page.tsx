/**
 * A screen's outer form: its heading with actions, then its content. It scrolls as a whole, or fills the window and
 * leaves scrolling to a list in it.
 */
import { useDeferredValue, type ReactNode } from 'react';
import { makeStyles, mergeClasses, Title3, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  page: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    boxSizing: 'border-box',
    padding: '16px 24px 24px',
    minHeight: '100%',
    '@media (max-width: 760px)': { padding: '12px 16px 16px' },
  },
  fill: {
    height: '100%',
    minHeight: 0,
    paddingBottom: '16px',
    // Too low for a list that scrolls by itself: the screen scrolls, and the list keeps a height to be read at.
    '@media (max-height: 520px)': { height: '620px' },
  },
  measured: { maxWidth: '1360px', width: '100%', margin: '0 auto' },
  narrow: { maxWidth: '860px', width: '100%', margin: '0 auto' },
  heading: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalS,
    minHeight: '32px',
    flexShrink: 0,
  },
  titles: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minWidth: 0,
    flex: '1 1 0',
  },
  title: {
    margin: 0,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
  },
  actions: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexShrink: 0 },
});

interface Props {
  readonly title: string;
  readonly before?: ReactNode;
  readonly after?: ReactNode;
  readonly actions?: ReactNode;
  /** Fills the window's height; a list inside scrolls. */
  readonly fill?: boolean;
  readonly narrow?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, before, after, actions, fill = false, narrow = false, children }: Props) {
  const styles = useStyles();
  // The heading answers the press that opened the screen; what is below it may be long, and follows.
  const isContentDue = useDeferredValue(true, false);
  return (
    <div className={mergeClasses(styles.page, fill && styles.fill, narrow ? styles.narrow : styles.measured)}>
      <div className={styles.heading}>
        <div className={styles.titles}>
          {before}
          <Title3 as="h1" className={styles.title} title={title}>
            {title}
          </Title3>
          {after}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {isContentDue && children}
    </div>
  );
}
