/**
 * From when a draft of prices counts: at once, or from a time on. It is put on the prices that changed; where only a
 * discount or a removal did, on all of them, for a book takes force as a whole. Shows what campaigns will cost then.
 */
import { useEffect, useState } from 'react';
import { Field, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { PricingContent, type PriceBook } from '../../../../shared/api-prices.ts';
import { quote } from '../../../../shared/rating.ts';
import { money } from '../../../format.ts';
import { PlainTable } from '../../../parts/PlainTable.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { operationName, platformName } from '../../../parts/words.ts';
import { InstantInput } from '../parts/InstantInput.tsx';
import { itemsOf, textOf, type Content, type Item } from '../parts/document/spec.ts';

const useStyles = makeStyles({
  end: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  was: { color: tokens.colorNeutralForeground3, textDecorationLine: 'line-through', marginRight: '8px' },
});

interface Props {
  readonly before: Content;
  readonly content: Content;
  readonly onContent: (content: Content | null) => void;
}

const priced = [{ path: 'prices' }, { path: 'usagePrices' }];
const keyOf = (item: Item): string => `${textOf(item['platform'])}/${textOf(item['operation'])}`;
const without = (item: Item): string => JSON.stringify({ ...item, effectiveAt: '' });

/** The draft with its time on whatever has none of its own yet. */
function timed(before: Content, content: Content, from: string | null): Content {
  const was = new Map(priced.flatMap((list) => itemsOf(before, list)).map((item) => [keyOf(item), item]));
  const isNew = (item: Item): boolean => {
    const earlier = was.get(keyOf(item));
    return earlier === undefined || without(earlier) !== without(item);
  };
  const all = from !== null && !priced.some((list) => itemsOf(content, list).some(isNew));
  const effectiveAt = from ?? new Date().toISOString();
  const put = (item: Item): Item => {
    if (all || isNew(item)) return { ...item, effectiveAt };
    return { ...item, effectiveAt: was.get(keyOf(item))?.['effectiveAt'] };
  };
  return {
    ...content,
    ...Object.fromEntries(priced.map((list) => [list.path, itemsOf(content, list).map(put)])),
  };
}

export function PricesFrom({ before, content, onContent }: Props) {
  const { t } = useTranslation();
  const [later, setLater] = useState(false);
  const [instant, setInstant] = useState('');
  useEffect(() => {
    onContent(later && instant === '' ? null : timed(before, content, later ? instant : null));
  }, [before, content, later, instant, onContent]);
  return (
    <>
      <Field label={t('office.prices.when')}>
        <RadioGroup
          layout="horizontal"
          value={later ? 'later' : 'now'}
          onChange={(_, data) => setLater(data.value === 'later')}
        >
          <Radio value="now" label={t('office.prices.now')} />
          <Radio value="later" label={t('office.prices.later')} />
        </RadioGroup>
      </Field>
      {later && <InstantInput name={t('office.prices.when')} instant={instant} onInstant={setInstant} />}
      <Effect before={before} content={content} />
    </>
  );
}

/** Sizes of campaign that are usual: one, a few, many. */
const quantities = [1, 200, 1_000];

function bookOf(content: Content): PriceBook | null {
  const parsed = PricingContent.safeParse(content);
  return parsed.success ? { version: 1, updatedAt: '1970-01-01T00:00:00.000Z', ...parsed.data } : null;
}

/** What campaigns of some sizes cost before and after, where that differs; worked out by the rating engine itself. */
function Effect({ before, content }: Pick<Props, 'before' | 'content'>) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const [was, is] = [bookOf(before), bookOf(content)];
  if (was === null || is === null) return null;
  const rows = is.prices.flatMap(({ platform, operation }) =>
    quantities.flatMap((quantity) => {
      const usage = { platform, operation, quantity, memberLevel: 'none' as const };
      const [earlier, later] = [quote(was, usage), quote(is, usage)];
      if ('code' in earlier || 'code' in later || earlier.total === later.total) return [];
      return [{ platform, operation, quantity, earlier: earlier.total, later: later.total }];
    }),
  );
  if (rows.length === 0) return null;
  const costsOf = ({ earlier, later }: (typeof rows)[number]) => (
    <>
      <s className={styles.was}>{money(earlier)}</s>
      {money(later)}
    </>
  );
  return (
    <PlainTable
      label={t('office.prices.effect')}
      rows={rows}
      keyOf={({ platform, operation, quantity }) => `${platform}/${operation}/${quantity}`}
      columns={[
        {
          key: 'campaign',
          header: t('office.prices.campaign'),
          cell: ({ platform, operation }) =>
            t('pricing.what', {
              platform: platformName(t, platform),
              operation: operationName(t, operation),
            }),
        },
        {
          key: 'quantity',
          header: t('column.quantity'),
          end: true,
          cell: ({ quantity }) => format.count(quantity),
        },
        {
          key: 'costs',
          header: t('office.prices.costs'),
          end: true,
          cell: costsOf,
        },
      ]}
    />
  );
}
