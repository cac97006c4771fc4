/** One recharge order: its way through WeChat, its refunds, and giving all or part of it back. */
import { useState } from 'react';
import { Button, Field, Input, makeStyles, Subtitle2, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import type { OfficeOrder } from '../../../../shared/api-office.ts';
import { yuan, yuanText } from '../../../../shared/money.ts';
import { money, rechargeAmount, signOf } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts, type Fact } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { ReasonDialog } from '../parts/ReasonDialog.tsx';
import { useAct, type Outcome } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { OrderMark } from './OrderMark.tsx';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  heading: { margin: 0 },
});

interface Props {
  readonly order: OfficeOrder | null;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

export function OrderDrawer({ order, onChanged, onClose }: Props) {
  const { t } = useTranslation();
  const [refunding, setRefunding] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const may = useMay('refundRechargeOrder');
  return (
    <DetailDrawer
      shown={order}
      title={({ amount }) => t('office.orders.one', { amount: money(amount) })}
      actions={
        may &&
        order?.state === 'paid' && (
          <Button onClick={() => setRefunding(true)}>{t('office.orders.refund')}</Button>
        )
      }
      asking={
        order !== null &&
        refunding && (
          <RefundDialog
            order={order}
            onDone={(came) => {
              setRefunding(false);
              setOutcome(came);
              onChanged();
            }}
            onClose={() => setRefunding(false)}
          />
        )
      }
      onClose={() => {
        setOutcome(null);
        onClose();
      }}
    >
      {(shown) => (
        <>
          {outcome !== null && (
            <OutcomeBar
              outcome={outcome}
              done={t('office.orders.asked')}
              onDismiss={() => setOutcome(null)}
            />
          )}
          <Detail order={shown} />
        </>
      )}
    </DetailDrawer>
  );
}

function Detail({ order }: { readonly order: OfficeOrder }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const time = (name: string, at: string | undefined): Fact | false =>
    at !== undefined && { name, value: format.dateTime(at) };
  const facts: (Fact | false)[] = [
    { name: t('office.accounts.one'), value: order.accountName },
    { name: t('column.state'), value: <OrderMark state={order.state} /> },
    time(t('column.created'), order.createdAt),
    time(t('office.orders.expiresAt'), order.expiresAt),
    time(t('office.orders.paidAt'), order.paidAt),
    time(t('office.orders.closedAt'), order.closedAt),
    order.late === true && { name: t('office.orders.late'), value: t('office.orders.lateMeans') },
    { name: t('office.orders.asks'), value: format.count(order.asked) },
    time(t('office.orders.nextAsk'), order.nextAskAt),
    {
      name: t('office.orders.tradeNo'),
      value: <CopyText text={order.tradeNo} name={t('office.orders.tradeNo')} />,
    },
    order.wechatTransactionId !== undefined && {
      name: t('office.orders.wechatNo'),
      value: <CopyText text={order.wechatTransactionId} name={t('office.orders.wechatNo')} />,
    },
  ];
  return (
    <>
      <Facts facts={facts.filter((fact) => fact !== false)} />
      {order.refunds.length > 0 && (
        <div className={styles.part}>
          <Subtitle2 as="h3" className={styles.heading}>
            {t('office.orders.refunds')}
          </Subtitle2>
          {order.refunds.map((refund) => (
            <Facts
              key={refund.id}
              facts={[
                { name: t('column.amount'), value: <Amount value={refund.amount} />, strong: true },
                { name: t('column.state'), value: t(`office.orders.refundState.${refund.state}`) },
                { name: t('column.reason'), value: refund.reason },
                { name: t('column.created'), value: format.dateTime(refund.createdAt) },
                ...(refund.problem === undefined
                  ? []
                  : [{ name: t('office.orders.problem'), value: refund.problem }]),
              ]}
            />
          ))}
        </div>
      )}
    </>
  );
}

interface RefundProps {
  readonly order: OfficeOrder;
  readonly onDone: (outcome: Outcome) => void;
  readonly onClose: () => void;
}

/** The one place where a refund is asked for. Its id is kept for a repeated try, so that nothing goes back twice. */
function RefundDialog({ order, onDone, onClose }: RefundProps) {
  const { t } = useTranslation();
  const [id] = useState(() => uuidv7());
  const [typed, setTyped] = useState('');
  const act = useAct('refundRechargeOrder');
  const left = yuanText(yuan(order.amount) - yuan(order.refunded));
  const amount = typed.trim() === '' ? undefined : rechargeAmount(typed);
  const tooMuch = typeof amount === 'string' && yuan(amount) > yuan(left);
  const wrong =
    amount === null
      ? t('recharge.notAnAmount')
      : tooMuch
        ? t('office.orders.tooMuch', { left: money(left) })
        : null;
  const partial = signOf(order.refunded) > 0;
  const confirm = async (reason: string): Promise<void> => {
    if (amount === null || tooMuch) return;
    const came = await act.run({
      params: { id: order.id },
      body: { id, reason, ...(amount === undefined ? {} : { amount }) },
    });
    if (came !== null) onDone(came);
  };
  return (
    <ReasonDialog
      title={t('office.orders.refundTitle', { name: order.accountName })}
      confirm={t('office.orders.refund')}
      busy={act.busy}
      disabled={wrong !== null}
      problem={act.problem}
      reasonMax={200}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t('office.orders.refundMeans')}</Text>
      <Facts
        end
        facts={[
          { name: t('office.orders.paid'), value: <Amount value={order.amount} /> },
          { name: t('office.orders.refunded'), value: <Amount value={order.refunded} /> },
          { name: t('office.orders.left'), value: <Amount value={left} />, strong: true },
        ]}
      />
      <Field
        label={t('office.orders.refundAmount')}
        hint={t(partial ? 'office.orders.restHint' : 'office.orders.allHint')}
        {...(wrong === null ? {} : { validationMessage: wrong })}
      >
        <Input
          inputMode="decimal"
          contentBefore={<span aria-hidden>¥</span>}
          value={typed}
          onChange={(_, data) => setTyped(data.value)}
        />
      </Field>
    </ReasonDialog>
  );
}
