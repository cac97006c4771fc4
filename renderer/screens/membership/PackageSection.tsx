/** Units that are sold for money: what one gets with the bonus, what one of them comes to, how long they last. */
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Cart24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Package } from '../../../shared/api-selling.ts';
import { comparedPrice } from '../../../shared/packages.ts';
import { money, unitPrice } from '../../format.ts';
import { PlainTable, type PlainColumn } from '../../parts/PlainTable.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { assetAmount } from '../../parts/words.ts';
import type { Answering } from '../../state/ask.ts';
import { useDesk } from '../../state/mirror.ts';
import type { Purchase } from '../../state/purchases.ts';
import { Offered } from './Offered.tsx';

const useStyles = makeStyles({
  bonus: { color: tokens.colorStatusSuccessForeground1, marginLeft: '6px' },
  price: { fontWeight: tokens.fontWeightSemibold },
});

interface Props {
  readonly catalogue: Answering<'catalogue'>;
  /** Of this asset alone; of all where nothing is said. */
  readonly asset?: string;
  readonly onAsk: (purchase: Purchase) => void;
}

export function PackageSection({ catalogue, asset, onAsk }: Props) {
  const { t } = useTranslation();
  const columns = usePackageColumns(onAsk);
  const title = t(asset === undefined ? 'packages.title' : 'packages.points');
  return (
    <Offered
      title={title}
      catalogue={catalogue}
      itemsOf={({ packages }) => packages.filter((one) => asset === undefined || one.asset === asset)}
      none={t('packages.none')}
      icon={<Cart24Regular />}
      lines={3}
    >
      {(rows) => <PlainTable label={title} columns={columns} rows={rows} keyOf={({ id }) => id} />}
    </Offered>
  );
}

function usePackageColumns(onAsk: Props['onAsk']): readonly PlainColumn<Package>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const offline = useDesk(({ sync }) => sync.online === false);
  return [
    { key: 'name', header: t('packages.name'), cell: ({ name }) => format.name(name) },
    {
      key: 'brings',
      header: t('packages.brings'),
      cell: ({ asset, amount, bonus }) => (
        <>
          {assetAmount(t, format, asset, amount)}
          {bonus !== '0' && (
            <Text className={styles.bonus}>{t('packages.bonus', { amount: format.units(bonus) })}</Text>
          )}
        </>
      ),
    },
    {
      key: 'lasts',
      wide: true,
      header: t('packages.lasts'),
      end: true,
      quiet: true,
      cell: ({ validDays }) => t('packages.days', { days: format.count(validDays) }),
    },
    {
      key: 'unit',
      wide: true,
      header: t('packages.unit'),
      end: true,
      quiet: true,
      cell: (one) => {
        const { per, price } = comparedPrice(one);
        if (per === 1) return t('packages.single', { price: unitPrice(price) });
        const units = assetAmount(t, format, one.asset, String(per));
        return t('packages.each', { price: unitPrice(price), units });
      },
    },
    {
      key: 'price',
      header: t('packages.price'),
      end: true,
      cell: ({ price }) => <span className={styles.price}>{money(price)}</span>,
    },
    {
      key: 'buy',
      header: t('packages.actions'),
      end: true,
      cell: ({ id, name }) => (
        <Button
          size="small"
          disabled={offline}
          aria-label={t('packages.buyOf', { name: format.name(name) })}
          onClick={() => onAsk({ kind: 'package', what: id })}
        >
          {t('packages.buy')}
        </Button>
      ),
    },
  ];
}
