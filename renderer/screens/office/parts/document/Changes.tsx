/** What differs between two versions of a document, item by item, with what stood there and what stands there now. */
import { Badge, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Change } from './spec.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyle: 'none', display: 'flex', flexDirection: 'column', gap: '12px' },
  head: { display: 'flex', alignItems: 'center', gap: '8px', flexWrap: 'wrap' },
  quiet: { color: tokens.colorNeutralForeground3 },
  lines: {
    display: 'grid',
    gridTemplateColumns: 'minmax(80px, max-content) minmax(0, 1fr)',
    columnGap: '16px',
    rowGap: '2px',
    margin: '4px 0 0',
    fontVariantNumeric: 'tabular-nums',
  },
  value: { margin: 0, overflowWrap: 'anywhere' },
  was: { color: tokens.colorNeutralForeground3, textDecorationLine: 'line-through', marginRight: '8px' },
});

const colours = { added: 'success', removed: 'danger', changed: 'informative' } as const;

export function Changes({ changes }: { readonly changes: readonly Change[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  if (changes.length === 0) return <Text>{t('office.document.same')}</Text>;
  return (
    <ul className={styles.list} aria-label={t('office.document.changes')}>
      {changes.map(({ list, name, kind, lines }, index) => (
        <li key={`${list}/${name}/${index}`}>
          <span className={styles.head}>
            <Badge appearance="tint" color={colours[kind]}>
              {t(`office.document.change.${kind}`)}
            </Badge>
            <Text weight="semibold">{name}</Text>
            <Text size={200} className={styles.quiet}>
              {list}
            </Text>
          </span>
          {lines.length > 0 && (
            <dl className={styles.lines}>
              {lines.map(({ label, before, after }, line) => (
                <div key={line} style={{ display: 'contents' }}>
                  <dt className={styles.quiet}>{label}</dt>
                  <dd className={styles.value}>
                    {before !== null && kind !== 'added' && <s className={styles.was}>{before}</s>}
                    {after ?? t('office.document.gone')}
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </li>
      ))}
    </ul>
  );
}
