/** The product's mark and name. */
import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';

const useStyles = makeStyles({
  brand: { display: 'flex', alignItems: 'center', gap: '10px', whiteSpace: 'nowrap' },
  mark: { display: 'block', flexShrink: 0 },
  tile: { fill: tokens.colorBrandBackground },
  ink: { stroke: tokens.colorNeutralForegroundOnBrand },
  dot: { fill: tokens.colorNeutralForegroundOnBrand },
});

export function Brand() {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <span className={styles.brand}>
      <svg className={styles.mark} viewBox="0 0 32 32" width="24" height="24" aria-hidden>
        <rect width="32" height="32" rx="7" className={styles.tile} />
        <path
          d="M8 10.5h16M8 16h16M8 21.5h9"
          className={styles.ink}
          strokeWidth="2.6"
          strokeLinecap="round"
        />
        <circle cx="22.5" cy="21.5" r="2.2" className={styles.dot} />
      </svg>
      <Text weight="semibold" size={400}>
        {t('app.name')}
      </Text>
    </span>
  );
}
