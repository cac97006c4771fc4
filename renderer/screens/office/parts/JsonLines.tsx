/**
 * Lines of a value, or those in which two differ: the field by its name, what stood there struck out, and what stands
 * there, in words where there are any for it.
 */
import { makeStyles, Subtitle2, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { linesMax, type JsonLine } from './json-lines.ts';
import { useLineWords } from './line-words.ts';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  heading: { margin: 0 },
  lines: {
    display: 'grid',
    gridTemplateColumns: 'minmax(110px, max-content) minmax(0, 1fr)',
    columnGap: '16px',
    rowGap: '4px',
    margin: 0,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  path: {
    color: tokens.colorNeutralForeground3,
    maxWidth: '220px',
    overflowWrap: 'anywhere',
  },
  value: { margin: 0, overflowWrap: 'anywhere', fontVariantNumeric: 'tabular-nums' },
  was: { color: tokens.colorNeutralForeground3, marginRight: '8px' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly title: string;
  readonly lines: readonly JsonLine[];
}

export function JsonLines({ title, lines }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const words = useLineWords();
  if (lines.length === 0) return null;
  return (
    <div className={styles.part}>
      <Subtitle2 as="h3" className={styles.heading}>
        {title}
      </Subtitle2>
      <dl className={styles.lines} aria-label={title}>
        {lines.map(({ path, before, after }) => (
          <div key={path} style={{ display: 'contents' }}>
            <dt className={styles.path} title={path}>
              {words.name(path)}
            </dt>
            <dd className={styles.value}>
              {before !== null && <s className={styles.was}>{words.value(path, before)}</s>}
              {after === null ? (
                <span className={styles.quiet}>{t('office.document.gone')}</span>
              ) : (
                words.value(path, after)
              )}
            </dd>
          </div>
        ))}
      </dl>
      {lines.length >= linesMax && (
        <Text size={200} className={styles.quiet}>
          {t('office.audit.moreLines', { count: linesMax })}
        </Text>
      )}
    </div>
  );
}
