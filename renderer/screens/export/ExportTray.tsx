/** The exports under way or just ended, along the window's lower edge: progress, cancel, and where the file is. */
import { useEffect, useRef } from 'react';
import { makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { ExportLine } from '../../parts/ExportLine.tsx';
import { noteTrayHeight, useExports } from '../../state/exports.ts';

const useStyles = makeStyles({
  // Below the screen, not over it: nothing that is being read is covered.
  tray: { flexShrink: 0, borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  list: { listStyle: 'none', margin: 0, padding: 0, maxHeight: '160px', overflow: 'auto' },
  item: {
    padding: '8px 24px',
    backgroundColor: tokens.colorNeutralBackground1,
    ':not(:first-child)': { borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
  },
});

export function ExportTray() {
  const { t } = useTranslation();
  const styles = useStyles();
  const exports = useExports();
  const tray = useRef<HTMLElement>(null);
  const isShown = exports.length > 0;
  useEffect(() => {
    const element = tray.current;
    if (!isShown || element === null) return undefined;
    const observer = new ResizeObserver(() => noteTrayHeight(element.offsetHeight));
    observer.observe(element);
    return () => {
      observer.disconnect();
      noteTrayHeight(0);
    };
  }, [isShown]);
  if (!isShown) return null;
  return (
    <section ref={tray} className={styles.tray} aria-label={t('export.tray')}>
      <ul className={styles.list}>
        {exports.map((one) => (
          <li key={one.id} className={styles.item}>
            <ExportLine state={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}
