/** The prices at a glance; the whole table is a screen of its own. */
import { Link, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { unitPrice } from '../../format.ts';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { operationName, platformName } from '../../parts/words.ts';
import { useDesk } from '../../state/mirror.ts';
import { goTo } from '../../state/navigation.ts';

const useStyles = makeStyles({
  list: { listStyle: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column' },
  row: {
    display: 'flex',
    justifyContent: 'space-between',
    gap: '12px',
    padding: '6px 0',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    fontVariantNumeric: 'tabular-nums',
  },
  // As high as two prices and their discounts.
  none: { minHeight: '138px' },
  discounts: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

export function PriceCard() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const pricing = useDesk((desk) => desk.pricing);
  const bulk = [
    ...new Map(
      (pricing?.book.prices ?? []).flatMap(({ tiers, tierMode }) =>
        tiers.map((tier) => {
          const line = tierMode === 'graduated' ? 'pricing.bulkLineGraduated' : 'pricing.bulkLine';
          const key = `${tier.fromQuantityExclusive}×${tier.multiplier} ${line}`;
          return [key, { ...tier, key, line }] as const;
        }),
      ),
    ).values(),
  ];
  const members = (pricing?.book.memberDiscounts ?? []).filter(({ level }) => level !== 'none');
  return (
    <Section
      title={t('screen.pricing')}
      aside={
        <Link as="button" onClick={() => goTo('pricing')}>
          {t('common.seeAll')}
        </Link>
      }
    >
      {pricing === null ? (
        <div className={styles.none}>
          <Text className={styles.discounts}>{t('pricing.notYet')}</Text>
        </div>
      ) : (
        <>
          <ul className={styles.list}>
            {pricing.book.prices.map((price) => (
              <li key={`${price.platform}/${price.operation}`} className={styles.row}>
                <span>
                  {t('pricing.what', {
                    platform: platformName(t, price.platform),
                    operation: operationName(t, price.operation),
                  })}
                </span>
                <span>{t('pricing.each', { price: unitPrice(price.unitPrice) })}</span>
              </li>
            ))}
          </ul>
          <div className={styles.discounts}>
            {bulk.map((tier) => (
              <div key={tier.key}>
                {t(tier.line, {
                  quantity: format.count(tier.fromQuantityExclusive),
                  discount: format.discount(tier.multiplier),
                })}
              </div>
            ))}
            {members.map(({ level, multiplier }) => (
              <div key={level}>
                {t('pricing.memberLine', {
                  member: t(`member.${level}`),
                  discount: format.discount(multiplier),
                })}
              </div>
            ))}
            <div>{t('pricing.updated', { time: format.dateTime(pricing.book.updatedAt) })}</div>
          </div>
        </>
      )}
    </Section>
  );
}
