/** The plans that are sold, side by side: what each costs and brings a month, and how one gets there from where one is. */
import { Badge, Button, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { Ribbon24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Membership, Plan } from '../../../shared/api-selling.ts';
import { money } from '../../format.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { assetName } from '../../parts/words.ts';
import type { Answering } from '../../state/ask.ts';
import { useDesk } from '../../state/mirror.ts';
import type { Purchase } from '../../state/purchases.ts';
import { Offered } from './Offered.tsx';

const useStyles = makeStyles({
  plans: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(240px, 1fr))',
    gap: '12px',
    margin: 0,
    padding: 0,
    listStyle: 'none',
  },
  plan: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    padding: '14px 16px 16px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  current: {
    border: `1px solid ${tokens.colorBrandStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  head: { display: 'flex', alignItems: 'center', gap: '8px', minHeight: '24px' },
  name: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  price: { display: 'flex', alignItems: 'baseline', gap: '6px', fontVariantNumeric: 'tabular-nums' },
  amount: {
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  brings: {
    display: 'flex',
    flexDirection: 'column',
    gap: '4px',
    margin: 0,
    padding: 0,
    listStyle: 'none',
    fontVariantNumeric: 'tabular-nums',
  },
  asset: { display: 'inline-block', '::first-letter': { textTransform: 'uppercase' } },
  line: { display: 'flex', justifyContent: 'space-between', gap: '12px' },
  way: { marginTop: 'auto', paddingTop: '8px', minHeight: '32px', display: 'flex', alignItems: 'center' },
});

interface Props {
  readonly catalogue: Answering<'catalogue'>;
  /** Null where there is none, or it is not known yet. */
  readonly membership: Membership | null;
  readonly onAsk: (purchase: Purchase) => void;
}

export function PlanSection({ catalogue, membership, onAsk }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <Offered
      title={t('membership.plans')}
      catalogue={catalogue}
      itemsOf={({ plans }) => plans.toSorted((a, b) => a.rank - b.rank)}
      none={t('membership.noPlans')}
      icon={<Ribbon24Regular />}
      lines={5}
    >
      {(plans) => (
        <ul className={styles.plans}>
          {plans.map((plan) => (
            <PlanCard key={plan.id} plan={plan} membership={membership} onAsk={onAsk} />
          ))}
        </ul>
      )}
    </Offered>
  );
}

interface PlanProps extends Pick<Props, 'membership' | 'onAsk'> {
  readonly plan: Plan;
}

function PlanCard({ plan, membership, onAsk }: PlanProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const discount = useDesk(({ pricing }) =>
    pricing?.book.memberDiscounts.find(({ level }) => level === plan.level),
  );
  const current = membership !== null && membership.state !== 'ended' && membership.plan.id === plan.id;
  return (
    <li className={mergeClasses(styles.plan, current && styles.current)} aria-label={format.name(plan.name)}>
      <div className={styles.head}>
        <h3 className={styles.name}>{format.name(plan.name)}</h3>
        {current && (
          <Badge appearance="tint" color="brand">
            {t('membership.current')}
          </Badge>
        )}
      </div>
      <div className={styles.price}>
        <span className={styles.amount}>{money(plan.price)}</span>
        <Text className={styles.quiet}>{t('membership.perMonth')}</Text>
      </div>
      <ul className={styles.brings}>
        {plan.quotas.map(({ asset, amount }) => (
          <li key={asset} className={styles.line}>
            <span className={styles.asset}>{assetName(t, asset)}</span>
            <span>{format.units(amount)}</span>
          </li>
        ))}
        {discount !== undefined && plan.level !== 'none' && (
          <li className={styles.line}>
            <span>{t('membership.follows')}</span>
            <span>{t('pricing.discount', { discount: format.discount(discount.multiplier) })}</span>
          </li>
        )}
      </ul>
      <div className={styles.way}>
        <Way plan={plan} membership={membership} onAsk={onAsk} />
      </div>
    </li>
  );
}

/** Buying where nothing runs; upgrading where a lower plan does; else why neither. */
function Way({ plan, membership, onAsk }: PlanProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const offline = useDesk(({ sync }) => sync.online === false);
  const name = format.name(plan.name);
  if (membership === null || membership.state === 'ended')
    return (
      <Button
        disabled={offline}
        aria-label={t('membership.buyOf', { name })}
        onClick={() => onAsk({ kind: 'buy', what: plan.id })}
      >
        {t('membership.buy')}
      </Button>
    );
  if (membership.plan.id === plan.id) return <Text className={styles.quiet}>{t('membership.isYours')}</Text>;
  if (plan.rank <= membership.plan.rank)
    return <Text className={styles.quiet}>{t('membership.notHigher')}</Text>;
  if (membership.state === 'grace') return <Text className={styles.quiet}>{t('membership.renewFirst')}</Text>;
  return (
    <Button
      disabled={offline}
      aria-label={t('membership.upgradeTo', { name })}
      onClick={() => onAsk({ kind: 'upgrade', what: plan.id })}
    >
      {t('membership.upgrade')}
    </Button>
  );
}
