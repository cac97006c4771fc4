/** An order that waits to be paid: its code, its amount, how long the code lasts, and what to do when it is over. */
import { useEffect, useState } from 'react';
import { Button, Link, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import { ArrowClockwise20Regular, Open16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { RechargeView } from '../../../shared/ipc-desk.ts';
import { countdown, money } from '../../format.ts';
import { useCommand } from '../../state/command.ts';
import { renewOrder, useRecharge } from '../../state/recharge.ts';
import { QrCode } from './QrCode.tsx';

const useStyles = makeStyles({
  both: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXXL },
  plate: {
    position: 'relative',
    flexShrink: 0,
    width: '200px',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    overflow: 'hidden',
  },
  over: { position: 'absolute', inset: 0, display: 'flex', alignItems: 'center', justifyContent: 'center' },
  side: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, minWidth: 0 },
  amount: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: 'tabular-nums',
  },
  quiet: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  waiting: { justifyContent: 'flex-start' },
  link: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
});

export function PayCode({ order, codeUrl }: { readonly order: RechargeView; readonly codeUrl: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const busy = useRecharge((state) => state.busy);
  const leftMs = useLeftMs(order.expiresAt);
  const over = leftMs <= 0;
  return (
    <div className={styles.both}>
      <div className={styles.plate}>
        <QrCode text={codeUrl} label={t('recharge.code', { amount: money(order.amount) })} pale={over} />
        {over && (
          <div className={styles.over}>
            <Button
              appearance="primary"
              icon={<ArrowClockwise20Regular />}
              disabledFocusable={busy}
              onClick={() => void renewOrder()}
            >
              {t('recharge.renew')}
            </Button>
          </div>
        )}
      </div>
      <div className={styles.side}>
        <span className={styles.amount}>{money(order.amount)}</span>
        <Text>{t(over ? 'recharge.over' : 'recharge.scan')}</Text>
        {!over && (
          <>
            <Text className={styles.quiet}>{t('recharge.lasts', { time: countdown(leftMs) })}</Text>
            <div role="status">
              <Spinner size="tiny" className={styles.waiting} label={t('recharge.waiting')} />
            </div>
            {order.scanPage && <ScanPageLink id={order.id} url={codeUrl} />}
          </>
        )}
      </div>
    </div>
  );
}

/** To the demonstration's page to pay on: a browser opens it as any link, a window has it opened by its shell. */
function ScanPageLink({ id, url }: { readonly id: string; readonly url: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const opening = useCommand('recharge.openScanPage');
  const words = (
    <>
      {t('recharge.openScanPage')}
      <Open16Regular aria-hidden />
    </>
  );
  return window.desk?.shell === 'web' ? (
    <Link className={styles.link} href={url} target="_blank" rel="noreferrer">
      {words}
    </Link>
  ) : (
    <Link as="button" className={styles.link} onClick={() => void opening.run({ id })}>
      {words}
    </Link>
  );
}

/** Milliseconds until an instant, told anew each second. */
function useLeftMs(instant: string): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Date.parse(instant) - nowMs;
}
