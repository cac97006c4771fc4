/** Keys that are pressed together, drawn as keys. */
import { makeStyles, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  keys: { display: 'inline-flex', gap: '4px', whiteSpace: 'nowrap' },
  key: {
    minWidth: '22px',
    padding: '0 6px',
    boxSizing: 'border-box',
    textAlign: 'center',
    fontFamily: 'inherit',
    fontSize: tokens.fontSizeBase200,
    lineHeight: '20px',
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground3,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
});

export function Keys({ pressed }: { readonly pressed: readonly string[] }) {
  const styles = useStyles();
  return (
    <span className={styles.keys}>
      {pressed.map((key) => (
        <kbd key={key} className={styles.key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}
