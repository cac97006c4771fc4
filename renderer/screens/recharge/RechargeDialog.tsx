/**
 * Puts money onto the account: an amount, a code to pay by, and what became of it. Whether that can be done online is
 * the server's to say, and it is asked each time; where it cannot, the person is told whom to turn to and with what.
 */
import { useEffect, useRef, type ReactNode } from 'react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
  Text,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { subscribe } from '../../bridge.ts';
import { rechargeAmount } from '../../format.ts';
import { Amount } from '../../parts/Amount.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { ProblemMessage, RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useDialogStyles } from '../../parts/dialogStyles.ts';
import { useDesk } from '../../state/mirror.ts';
import { showRecharge, useNavigation } from '../../state/navigation.ts';
import {
  askOffer,
  chooseAgain,
  giveUpOrder,
  lookAtOrder,
  placeOrder,
  renewOrder,
  useRecharge,
} from '../../state/recharge.ts';
import { AmountForm } from './AmountForm.tsx';
import { OrderEnd } from './OrderEnd.tsx';
import { PayCode } from './PayCode.tsx';

export function RechargeDialog() {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  const open = useNavigation((state) => state.recharging);
  return (
    <Dialog open={open} onOpenChange={(_, data) => showRecharge(data.open)}>
      <DialogSurface className={dialog.surface}>
        <DialogBody>
          <DialogTitle>{t('recharge.title')}</DialogTitle>
          <Recharge />
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Recharge() {
  // All of it: whatever changes may take away what has the focus.
  const { online, order } = useRecharge((state) => state);
  useEffect(() => void askOffer(), []);
  useFollowedOrder();
  return (
    <>
      <DialogContent>
        <Step>{order === null ? online === true ? <Choosing /> : <Offer /> : <Ordered />}</Step>
      </DialogContent>
      <Actions />
    </>
  );
}

/** Where the steps follow each other. What had the focus may go with a step: Esc and Tab still belong to the dialog. */
function Step({ children }: { readonly children: ReactNode }) {
  const dialog = useDialogStyles();
  const ground = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) ground.current?.focus();
  });
  return (
    <div ref={ground} tabIndex={-1} className={dialog.content} style={{ outline: 'none' }}>
      {children}
    </div>
  );
}

/** Looks at an order as long as something may become of it: when the server tells, and every few seconds besides. */
function useFollowedOrder(): void {
  const id = useRecharge(({ order }) => order?.id ?? null);
  const moves = useRecharge(
    ({ order }) => order?.state === 'pending' || (order?.state === 'paid' && !order.arrived),
  );
  useEffect(() => {
    if (id === null || !moves) return undefined;
    const look = (): void => void lookAtOrder();
    const timer = setInterval(look, lookEveryMs);
    const stops = [subscribe('recharge', look), subscribe('ledger', look)];
    return () => {
      clearInterval(timer);
      for (const stop of stops) stop();
    };
  }, [id, moves]);
}

const lookEveryMs = 4_000;

/** Before there is an answer, and where the answer is no. */
function Offer() {
  const { t } = useTranslation();
  const online = useRecharge((state) => state.online);
  const problem = useRecharge((state) => state.problem);
  if (online === null && problem === null) return <Spinner size="tiny" label={t('recharge.asking')} />;
  return (
    <>
      {problem === null ? (
        <Text role="status">{t('recharge.notOffered')}</Text>
      ) : (
        <>
          <RetryMessage problem={problem} onRetry={() => void askOffer()} />
          <Text>{t('recharge.unknown')}</Text>
        </>
      )}
      <Payee />
    </>
  );
}

/** Whose account it is, for somebody who is asked to pay money in by another way. */
function Payee() {
  const { t } = useTranslation();
  const account = useDesk(({ session }) => session.account);
  const available = useDesk(({ balance }) => balance?.available ?? null);
  return (
    <Facts
      facts={[
        { name: t('recharge.account'), value: account?.name ?? '' },
        {
          name: t('recharge.email'),
          value: <CopyText text={account?.email ?? ''} name={t('recharge.email')} />,
        },
        {
          name: t('balance.available'),
          value: available === null ? '—' : <Amount value={available} />,
        },
      ]}
    />
  );
}

function Choosing() {
  const { t } = useTranslation();
  const problem = useRecharge((state) => state.problem);
  const available = useDesk(({ balance }) => balance?.available ?? null);
  return (
    <>
      {problem !== null && problem.field !== 'amount' && <ProblemMessage problem={problem} />}
      <Facts
        facts={[
          {
            name: t('balance.available'),
            value: available === null ? '—' : <Amount value={available} />,
          },
        ]}
      />
      <AmountForm />
      <Text>{t('recharge.by')}</Text>
    </>
  );
}

function Ordered() {
  const order = useRecharge((state) => state.order);
  const problem = useRecharge((state) => state.problem);
  if (order === null) return null;
  return (
    <>
      {problem !== null && <RetryMessage problem={problem} onRetry={() => void lookAtOrder()} />}
      {order.state === 'pending' && order.codeUrl !== null ? (
        <PayCode order={order} codeUrl={order.codeUrl} />
      ) : (
        <OrderEnd order={order} />
      )}
    </>
  );
}

function close(): void {
  showRecharge(false);
}

function Actions() {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  const online = useRecharge((state) => state.online);
  const order = useRecharge((state) => state.order);
  const busy = useRecharge((state) => state.busy);
  const amount = rechargeAmount(useRecharge((state) => state.typed));
  if (order === null && online !== true)
    return (
      <DialogActions>
        <Button appearance="primary" onClick={close}>
          {t('common.understood')}
        </Button>
      </DialogActions>
    );
  if (order === null)
    return (
      <DialogActions>
        <Button onClick={close}>{t('common.cancel')}</Button>
        <Button
          appearance="primary"
          className={dialog.action}
          disabledFocusable={amount === null || busy}
          {...(busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
          onClick={() => amount !== null && void placeOrder(amount)}
        >
          {t('recharge.order')}
        </Button>
      </DialogActions>
    );
  if (order.state === 'pending')
    return (
      <DialogActions>
        <Button className={dialog.action} disabledFocusable={busy} onClick={() => void giveUpOrder()}>
          {t('recharge.giveUp')}
        </Button>
        <Button className={dialog.action} onClick={close}>
          {t('recharge.later')}
        </Button>
      </DialogActions>
    );
  return (
    <DialogActions>
      {order.state === 'closed' ? (
        <Button className={dialog.action} disabledFocusable={busy} onClick={() => void renewOrder()}>
          {t('recharge.renew')}
        </Button>
      ) : (
        <Button className={dialog.action} onClick={chooseAgain}>
          {t('recharge.again')}
        </Button>
      )}
      <Button appearance="primary" onClick={close}>
        {t('recharge.done')}
      </Button>
    </DialogActions>
  );
}
