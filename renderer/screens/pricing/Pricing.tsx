/** The price table: every platform and operation, bulk tiers, member discounts, which version and how old. */
import {
  makeStyles,
  mergeClasses,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  Text,
  tokens,
} from '@fluentui/react-components';
import { Tag24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { PriceBook, PriceEntry } from '../../../shared/api-prices.ts';
import { unitPrice } from '../../format.ts';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Page } from '../../parts/Page.tsx';
import { RetryMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat, useNow } from '../../parts/useFormat.ts';
import { operationName, platformName } from '../../parts/words.ts';
import { useDesk } from '../../state/mirror.ts';
import { useReading } from '../../state/reading.ts';

const useStyles = makeStyles({
  table: {
    '& th:first-child, & td:first-child': { paddingLeft: 0 },
    '& th:last-child, & td:last-child': { paddingRight: 0 },
    '& .fui-TableHeaderCell__button': { paddingLeft: 0, paddingRight: 0 },
  },
  end: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  endHead: { '& .fui-TableHeaderCell__button': { justifyContent: 'flex-end' } },
  name: { width: '16%' },
  price: { width: '14%' },
  effective: { width: '23%' },
  apart: { paddingLeft: '40px', '@media (max-width: 760px)': { paddingLeft: '16px' } },
  head: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  age: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  columns: {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    '@media (max-width: 760px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
    gap: '16px',
    alignItems: 'start',
  },
});

export function Pricing() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const nowMs = useNow();
  const pricing = useDesk((desk) => desk.pricing);
  const offline = useDesk(({ sync }) => sync.online === false);
  if (pricing === null)
    return (
      <Page title={t('screen.pricing')} narrow>
        <EmptyState icon={<Tag24Regular />} title={t('pricing.notYet')} text={t('pricing.notYetText')} />
      </Page>
    );
  const { book, fetchedAt } = pricing;
  return (
    <Page
      title={t('screen.pricing')}
      narrow
      actions={
        <Text size={200} className={styles.age}>
          {t(offline ? 'pricing.versionOffline' : 'pricing.version', {
            version: book.version,
            ago: format.ago(fetchedAt, nowMs),
          })}
        </Text>
      }
    >
      <Section
        title={t('pricing.prices')}
        aside={t('pricing.updated', { time: format.dateTime(book.updatedAt) })}
      >
        <PriceTable prices={book.prices} label={t('pricing.prices')} />
      </Section>
      <ComingPrices version={book.version} />
      <div className={styles.columns}>
        <Members book={book} />
        <Section title={t('pricing.stackingTitle')}>
          <Text>{t(`pricing.stacking.${book.stacking}`)}</Text>
        </Section>
      </div>
    </Page>
  );
}

/** What the server has published and is not yet in force. It is asked anew when other prices take force. */
function ComingPrices({ version }: { readonly version: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nowMs = useNow();
  const online = useDesk(({ sync }) => sync.online);
  // Offline what was last told still stands; the heading says how old the prices are.
  const { output, problem, readAgain } = useReading(
    'pricing.coming',
    online === false ? null : {},
    'pricing',
  );
  const books = (output?.items ?? []).filter(({ book }) => book.version !== version);
  if (problem !== null && online !== false) return <RetryMessage problem={problem} onRetry={readAgain} />;
  return books.map(({ book, effectiveAt }) => {
    const title = t('pricing.coming', { time: format.dateTime(effectiveAt) });
    return (
      <Section
        key={book.version}
        title={title}
        aside={t('pricing.comingVersion', {
          version: book.version,
          ahead: format.ahead(effectiveAt, nowMs),
        })}
      >
        <PriceTable prices={book.prices} label={title} />
      </Section>
    );
  });
}

function PriceTable({ prices, label }: { readonly prices: readonly PriceEntry[]; readonly label: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return (
    <Table className={styles.table} aria-label={label}>
      <TableHeader>
        <TableRow>
          <TableHeaderCell className={mergeClasses(styles.head, styles.name)}>
            {t('column.platform')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(styles.head, styles.name)}>
            {t('column.operation')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(styles.head, styles.endHead, styles.price)}>
            {t('column.unitPrice')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(styles.head, styles.apart)}>
            {t('column.bulk')}
          </TableHeaderCell>
          <TableHeaderCell className={mergeClasses(styles.head, styles.endHead, styles.effective)}>
            {t('column.effective')}
          </TableHeaderCell>
        </TableRow>
      </TableHeader>
      <TableBody>
        {prices.map((price) => (
          <TableRow key={`${price.platform}/${price.operation}`}>
            <TableCell>{platformName(t, price.platform)}</TableCell>
            <TableCell>{operationName(t, price.operation)}</TableCell>
            <TableCell className={styles.end}>{unitPrice(price.unitPrice)}</TableCell>
            <TableCell className={styles.apart}>
              {price.tiers.length === 0
                ? t('pricing.noTiers')
                : price.tiers
                    .map((tier) =>
                      t(price.tierMode === 'graduated' ? 'pricing.tierGraduated' : 'pricing.tier', {
                        quantity: format.count(tier.fromQuantityExclusive),
                        discount: format.discount(tier.multiplier),
                      }),
                    )
                    .join(t('common.comma'))}
            </TableCell>
            <TableCell className={styles.end}>{format.dateTime(price.effectiveAt)}</TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function Members({ book }: { readonly book: PriceBook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const own = useDesk(({ session }) => session.account?.memberLevel);
  const offered = book.memberDiscounts.filter(({ level }) => level !== 'none');
  return (
    <Section
      title={t('pricing.members')}
      aside={own === undefined ? undefined : t('pricing.yours', { member: t(`member.${own}`) })}
    >
      {offered.length === 0 ? (
        <Text>{t('pricing.noMemberDiscount')}</Text>
      ) : (
        <Facts
          facts={offered.map(({ level, multiplier }) => ({
            name: t(`member.${level}`),
            value: t('pricing.discount', { discount: format.discount(multiplier) }),
          }))}
        />
      )}
    </Section>
  );
}
