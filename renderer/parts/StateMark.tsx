/** A state as an icon and a word. */
import { makeStyles, mergeClasses, Spinner, tokens } from '@fluentui/react-components';
import type { FluentIcon } from '@fluentui/react-icons';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  mark: { display: 'inline-flex', alignItems: 'center', gap: '6px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  odd: { color: tokens.colorStatusWarningForeground1 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

/** `busy`: under way now. `colours`: the icon alone, where nothing else is said. */
export type StateLook =
  | 'busy'
  | {
      readonly icon: FluentIcon;
      readonly tone: 'good' | 'bad' | 'odd' | 'quiet';
      readonly colours?: 'all';
    };

export function StateMark({ look, children }: { readonly look: StateLook; readonly children: ReactNode }) {
  const styles = useStyles();
  if (look === 'busy')
    return (
      <span className={styles.mark}>
        <Spinner size="extra-tiny" aria-hidden />
        {children}
      </span>
    );
  const { icon: Icon, tone, colours } = look;
  return (
    <span className={mergeClasses(styles.mark, colours === 'all' && styles[tone])}>
      <Icon className={styles[tone]} />
      {children}
    </span>
  );
}
