/** What is always visible: the balance and what of it may be used, the sync pill, who is signed in and as what. */
import { Badge, Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { Search20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { signOf } from '../../format.ts';
import { Amount } from '../../parts/Amount.tsx';
import { isLong } from '../../parts/amount-width.ts';
import { Brand } from '../../parts/Brand.tsx';
import { useDesk } from '../../state/mirror.ts';
import { hasOffice, showOverlay } from '../../state/navigation.ts';
import { Account } from './Account.tsx';
import { SyncPill } from './SyncPill.tsx';
import { commandKey } from './useKeys.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    padding: '0 12px 0 16px',
    minWidth: 0,
    '@media (max-width: 760px)': { gap: '8px', padding: '0 8px 0 12px' },
  },
  start: { display: 'flex', alignItems: 'center', gap: '10px', marginRight: 'auto' },
  brand: { '@media (max-width: 760px)': { '& .fui-Text': { display: 'none' } } },
  member: { whiteSpace: 'nowrap', flexShrink: 0 },
  figures: {
    display: 'flex',
    alignItems: 'baseline',
    gap: '18px',
    margin: 0,
    '@media (max-width: 760px)': { gap: '10px' },
  },
  figure: { display: 'flex', alignItems: 'baseline', gap: '6px', whiteSpace: 'nowrap' },
  name: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  // Amounts of billions leave room for one of them.
  spare: { '@media (max-width: 1100px)': { display: 'none' } },
  low: { color: tokens.colorStatusDangerForeground1 },
});

export function TopBar({ className }: { readonly className: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const demo = useDesk(({ session }) => session.demo);
  const account = useDesk(({ session }) => session.account);
  const balance = useDesk((desk) => desk.balance);
  // Who runs the business rarely has money here; where there is some, it shows.
  const isStaff = hasOffice(account?.role);
  const moneyless = isStaff && (balance === null || (isZero(balance.balance) && isZero(balance.held)));
  return (
    <header className={mergeClasses(styles.bar, className)}>
      <div className={styles.start}>
        <span className={styles.brand}>
          <Brand />
        </span>
        {demo && (
          <Badge appearance="tint" color="warning" title={t('frame.demoMeans')}>
            {t('frame.demo')}
          </Badge>
        )}
      </div>
      {!moneyless && <Figures />}
      <SyncPill />
      {account !== null && (
        <Badge
          appearance="tint"
          className={styles.member}
          color={isStaff || account.memberLevel === 'premium' ? 'brand' : 'informative'}
        >
          {isStaff ? t(`role.${account.role}`) : t(`member.${account.memberLevel}`)}
        </Badge>
      )}
      <Button
        appearance="subtle"
        icon={<Search20Regular />}
        title={t('palette.open', { keys: `${commandKey}+K` })}
        aria-label={t('palette.title')}
        aria-keyshortcuts="Control+K"
        onClick={() => showOverlay('palette')}
      />
      <Account />
    </header>
  );
}

function isZero(amount: string): boolean {
  return signOf(amount) === 0;
}

function Figures() {
  const { t } = useTranslation();
  const styles = useStyles();
  const balance = useDesk((desk) => desk.balance);
  const long = balance !== null && isLong(balance.balance);
  return (
    <dl className={styles.figures} aria-label={t('frame.balance')}>
      <div className={mergeClasses(styles.figure, long && styles.spare)}>
        <dt className={styles.name}>{t('balance.balance')}</dt>
        <dd className={styles.value}>{balance === null ? '—' : <Amount value={balance.balance} />}</dd>
      </div>
      <div className={styles.figure}>
        <dt className={styles.name}>{t('balance.available')}</dt>
        <dd className={mergeClasses(styles.value, balance?.low === true && styles.low)}>
          {balance === null ? '—' : <Amount value={balance.available} />}
        </dd>
        {balance?.low === true && (
          <dd className={styles.value}>
            <Badge size="small" appearance="tint" color="danger">
              {t('balance.low')}
            </Badge>
          </dd>
        )}
      </div>
    </dl>
  );
}
