/** One transaction in full: what it was, how its price came about, and what proves it. It changes nothing. */
import { makeStyles, Subtitle2, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { ChargePricing, Transaction } from '../../../shared/api.ts';
import { unitPrice } from '../../format.ts';
import { Amount } from '../../parts/Amount.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { DetailDrawer } from '../../parts/DetailDrawer.tsx';
import { Facts, type Fact } from '../../parts/Facts.tsx';
import { QuoteExplanation } from '../../parts/QuoteExplanation.tsx';
import { useCampaignName } from '../../parts/useCampaignName.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { operationName, platformName } from '../../parts/words.ts';

const useStyles = makeStyles({
  amount: { fontSize: tokens.fontSizeHero700, lineHeight: tokens.lineHeightHero700, fontWeight: 600 },
  after: { display: 'block', color: tokens.colorNeutralForeground3 },
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  heading: { margin: 0 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly transaction: Transaction | null;
  readonly onClose: () => void;
}

export function TransactionDrawer({ transaction, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <DetailDrawer
      shown={transaction}
      title={(row) => t('detail.title', { kind: t(`kind.${row.kind}`), seq: row.seq })}
      onClose={onClose}
    >
      {(row) => <Detail row={row} />}
    </DetailDrawer>
  );
}

function Detail({ row }: { readonly row: Transaction }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <>
      <div>
        <Amount value={row.amount} signed className={styles.amount} />
        <Text className={styles.after}>
          {t('detail.balanceAfter')} <Amount value={row.balanceAfter} />
        </Text>
      </div>
      <What row={row} />
      {row.pricing !== undefined && <HowPriced pricing={row.pricing} />}
      <Proof row={row} />
    </>
  );
}

function What({ row }: { readonly row: Transaction }) {
  const { t } = useTranslation();
  const format = useFormat();
  const campaign = useCampaignName(row.campaignId);
  const facts: (Fact | false)[] = [
    { name: t('detail.occurredAt'), value: format.dateTimeZone(row.occurredAt) },
    { name: t('detail.recordedAt'), value: format.dateTimeZone(row.recordedAt) },
    row.platform !== undefined && {
      name: t('column.platform'),
      value: t('pricing.what', {
        platform: platformName(t, row.platform),
        operation: operationName(t, row.operation ?? ''),
      }),
    },
    row.targetUserId !== undefined && {
      name: t('column.target'),
      value: <CopyText text={row.targetUserId} name={t('column.target')} />,
    },
    campaign !== undefined && { name: t('column.campaign'), value: campaign },
    row.note !== undefined && { name: t('detail.note'), value: row.note },
  ];
  return <Facts facts={facts.filter((fact) => fact !== false)} />;
}

function HowPriced({ pricing }: { readonly pricing: ChargePricing }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return (
    <div className={styles.part}>
      <Subtitle2 as="h3" className={styles.heading}>
        {t('detail.howPriced')}
      </Subtitle2>
      <QuoteExplanation quote={pricing} total={t('detail.quoteTotal')} />
      <Text className={styles.quiet}>
        {t('detail.kth', {
          k: format.count(pricing.k),
          quantity: format.count(pricing.quantity),
          unit: unitPrice(pricing.unitNet),
          version: pricing.pricingVersion,
        })}
      </Text>
      {pricing.late === true && <Text className={styles.quiet}>{t('detail.late')}</Text>}
    </div>
  );
}

function Proof({ row }: { readonly row: Transaction }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const texts: [string, string | undefined][] = [
    [t('detail.id'), row.id],
    [t('detail.hold'), row.holdId],
    [t('detail.reverses'), row.reversesId],
    [t('detail.device'), row.deviceId],
    [t('detail.hash'), row.hash],
    [t('detail.prevHash'), row.prevHash],
  ];
  const facts: Fact[] = texts.flatMap(([name, text]) =>
    text === undefined ? [] : [{ name, value: <CopyText text={text} name={name} /> }],
  );
  if (row.deviceSeq !== undefined)
    facts.splice(-2, 0, { name: t('detail.deviceSeq'), value: String(row.deviceSeq) });
  return (
    <div className={styles.part}>
      <Subtitle2 as="h3" className={styles.heading}>
        {t('detail.proof')}
      </Subtitle2>
      <Facts facts={facts} />
    </div>
  );
}
