/**
 * Asks before something is bought from the balance: what it brings, what it costs by the server's word, and what is left
 * afterwards. Where the balance does not suffice it leads to recharge. It works out no price.
 */
import { useState } from 'react';
import { Button, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Catalogue, Package, Plan, UpgradeQuote } from '../../../shared/api-selling.ts';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { money } from '../../format.ts';
import { Answered } from '../../parts/Answered.tsx';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { BalanceCheckLine } from '../../parts/BalanceCheckLine.tsx';
import { Facts, type Fact } from '../../parts/Facts.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { assetAmount, assetAmounts } from '../../parts/words.ts';
import { useAnswer } from '../../state/ask.ts';
import { useBuying, type Purchase } from '../../state/purchases.ts';
import { useReading } from '../../state/reading.ts';
import { startRecharge } from '../../state/recharge.ts';
import { offered } from './offered.ts';

interface Props {
  readonly purchase: Purchase;
  readonly catalogue: Catalogue;
  /** The server asks more than what is shown: the catalogue is to be read again. */
  readonly onPriceMoved: () => void;
  readonly onBought: () => void;
  readonly onClose: () => void;
}

export function PurchaseDialog({ purchase, catalogue, onPriceMoved, onBought, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const offer = offered(catalogue, purchase);
  const upgrade = useAnswer(
    'quoteUpgrade',
    purchase.kind === 'upgrade' ? { query: { plan: purchase.what } } : null,
  );
  const price = purchase.kind === 'upgrade' ? (upgrade.body?.price ?? null) : (offer?.price ?? null);
  const funds = useReading('balance.check', price === null ? null : { amount: price }, 'balance');
  const { busy, problem, buy } = useBuying();
  // The amount that is bought is the amount that the button named when it was pressed.
  const [shown, setShown] = useState<string | null>(null);
  const check = funds.output;
  const name = offer === null ? purchase.what : format.name(offer.name);

  const confirm = async (): Promise<void> => {
    if (price === null || check?.sufficient !== true) return;
    setShown(price);
    const bought = await buy(purchase, price);
    if (bought === true) onBought();
    else if (bought === false) {
      onPriceMoved();
      upgrade.readAgain();
    }
  };

  return (
    <AskDialog
      open
      title={t(`membership.ask.${purchase.kind}`, { name })}
      confirm={price === null ? t('membership.pay') : t('membership.payAmount', { amount: money(price) })}
      cancel={t('common.cancel')}
      busy={busy}
      disabled={check?.sufficient !== true}
      problem={problem === null || problem.code === 'insufficient_balance' ? null : problem}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {purchase.kind === 'upgrade' ? (
        <Answered answer={upgrade} lines={4}>
          {(quote) => <UpgradeFacts quote={quote} />}
        </Answered>
      ) : (
        offer !== null && <OfferFacts offer={offer} kind={purchase.kind} />
      )}
      {check !== null && check.required === price && <BalanceCheckLine check={check} onRecharge={onClose} />}
      {shown === price && <Shortfall problem={problem} onClose={onClose} />}
    </AskDialog>
  );
}

/** The server has less than the desk thought, with what is missing by its own account. */
function Shortfall({
  problem,
  onClose,
}: {
  readonly problem: DeskProblem | null;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const missing = problem?.code === 'insufficient_balance' ? problem.params['shortfall'] : undefined;
  if (missing === undefined) return null;
  return (
    <Text role="alert">
      {t('quote.insufficient', { shortfall: money(missing) })}{' '}
      <Button
        size="small"
        onClick={() => {
          onClose();
          startRecharge(missing);
        }}
      >
        {t('recharge.go')}
      </Button>
    </Text>
  );
}

function OfferFacts({
  offer,
  kind,
}: {
  readonly offer: Plan | Package;
  readonly kind: 'buy' | 'renew' | 'package';
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const price: Fact = { name: t('packages.price'), value: money(offer.price), strong: true };
  if ('quotas' in offer)
    return (
      <>
        <Facts
          facts={[
            { name: t('membership.brings'), value: <Brings units={offer.quotas} /> },
            { name: t('membership.level'), value: t(`member.${offer.level}`) },
            price,
          ]}
        />
        <Text>{t(kind === 'renew' ? 'membership.renewNote' : 'membership.buyNote')}</Text>
      </>
    );
  const { asset, amount, bonus, validDays } = offer;
  return (
    <Facts
      facts={[
        { name: t('packages.brings'), value: assetAmount(t, format, asset, amount) },
        ...(bonus === '0'
          ? []
          : [{ name: t('packages.onTop'), value: assetAmount(t, format, asset, bonus) }]),
        { name: t('packages.lasts'), value: t('packages.days', { days: format.count(validDays) }) },
        price,
      ]}
    />
  );
}

function UpgradeFacts({ quote }: { readonly quote: UpgradeQuote }) {
  const { t } = useTranslation();
  const format = useFormat();
  const facts: (Fact | false)[] = [
    { name: t('membership.bringsNow'), value: <Brings units={quote.quotas} /> },
    {
      name: t('membership.restOfMonth', { until: format.dayTime(quote.month.until) }),
      value: money(quote.thisMonth),
    },
    quote.laterMonths > 0 && {
      name: t('membership.laterMonths', { months: format.count(quote.laterMonths) }),
      value: money(quote.later),
    },
    { name: t('packages.price'), value: money(quote.price), strong: true },
  ];
  return (
    <>
      <Facts facts={facts.filter((fact) => fact !== false)} />
      <Text>{t('membership.upgradeNote')}</Text>
    </>
  );
}

function Brings({
  units,
}: {
  readonly units: readonly { readonly asset: string; readonly amount: string }[];
}) {
  const { t } = useTranslation();
  const format = useFormat();
  return assetAmounts(t, format, units);
}
