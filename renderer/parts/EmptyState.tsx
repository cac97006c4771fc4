/** What a list or a card shows when there is nothing in it: what would be here, and how to get it. */
import type { ReactNode } from 'react';
import { makeStyles, Text, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  empty: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: tokens.spacingVerticalS,
    flexGrow: 1,
    textAlign: 'center',
    padding: '40px 24px',
    color: tokens.colorNeutralForeground3,
  },
  title: { color: tokens.colorNeutralForeground1 },
  // A last line of one letter looks like a mistake.
  text: { maxWidth: '420px', textAlign: 'center', textWrap: 'pretty' },
  action: { marginTop: tokens.spacingVerticalM },
});

interface Props {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text?: string;
  readonly action?: ReactNode;
}

export function EmptyState({ icon, title, text, action }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      <span aria-hidden>{icon}</span>
      <Text weight="semibold" size={400} className={styles.title}>
        {title}
      </Text>
      {text !== undefined && <Text className={styles.text}>{text}</Text>}
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}
