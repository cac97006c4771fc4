/** One call in full: what it used, how it ended, and how each part of what it costs came about. It changes nothing. */
import { makeStyles, MessageBar, MessageBarBody, Subtitle2, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { MeteredUsage, MeteredUsageDetail } from '../../../shared/api-metering.ts';
import { Answered } from '../../parts/Answered.tsx';
import { CopyText } from '../../parts/CopyText.tsx';
import { DetailDrawer } from '../../parts/DetailDrawer.tsx';
import { Facts, type Fact } from '../../parts/Facts.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { assetAmount } from '../../parts/words.ts';
import { useAnswer } from '../../state/ask.ts';
import { UseExplanation } from './UseExplanation.tsx';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  heading: { margin: 0 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly usage: MeteredUsage | null;
  /** A product's name. */
  readonly nameOf: (product: string) => string;
  readonly onClose: () => void;
}

export function UsageDrawer({ usage, nameOf, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <DetailDrawer
      shown={usage}
      title={({ product }) => t('usage.detail', { product: nameOf(product) })}
      onClose={onClose}
    >
      {(shown) => <Detail usage={shown} product={nameOf(shown.product)} />}
    </DetailDrawer>
  );
}

function Detail({ usage, product }: { readonly usage: MeteredUsage; readonly product: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const detail = useAnswer('usageDetail', { params: { id: usage.id } }, 'ledger');
  const lastedMs = Math.max(0, Date.parse(usage.endedAt) - Date.parse(usage.startedAt));
  const facts: (Fact | false)[] = [
    { name: t('usage.product'), value: product },
    { name: t('usage.model'), value: usage.model },
    { name: t('usage.startedAt'), value: format.dateTimeZone(usage.startedAt) },
    { name: t('usage.lasted'), value: format.lasted(lastedMs) },
    { name: t('usage.ended'), value: t(`usage.outcome.${usage.outcome}`) },
    { name: t('detail.recordedAt'), value: format.dateTimeZone(usage.recordedAt) },
    { name: t('usage.input'), value: format.count(usage.inputTokens) },
    { name: t('usage.output'), value: format.count(usage.outputTokens) },
    usage.estimated && { name: t('usage.counted'), value: t('usage.estimated') },
    { name: t('detail.id'), value: <CopyText text={usage.id} name={t('detail.id')} /> },
  ];
  return (
    <>
      <Facts facts={facts.filter((fact) => fact !== false)} />
      {usage.warning !== undefined && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{t(`usage.warning.${usage.warning}`)}</MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.part}>
        <Subtitle2 as="h3" className={styles.heading}>
          {t('detail.howPriced')}
        </Subtitle2>
        <Answered answer={detail} lines={4}>
          {(body) => <Parts detail={body} />}
        </Answered>
      </div>
    </>
  );
}

function Parts({ detail }: { readonly detail: MeteredUsageDetail }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { usage, parts } = detail;
  if (parts.length === 0)
    return <Text>{t(usage.state === 'uncharged' ? 'usage.notCharged' : 'usage.nothingUsed')}</Text>;
  return parts.map(({ asset, amount, state, quantity, transactionId, rating }) => (
    <div key={`${state} ${asset} ${transactionId ?? ''}`} className={styles.part}>
      <Text weight="semibold">
        {t(`usage.part.${state}`, { amount: assetAmount(t, format, asset, amount) })}
      </Text>
      {rating === undefined ? (
        <Text className={styles.quiet}>{t('usage.unitEach', { tokens: format.count(quantity) })}</Text>
      ) : (
        <>
          <UseExplanation quote={rating} />
          <Text className={styles.quiet}>{t('usage.version', { version: rating.pricingVersion })}</Text>
        </>
      )}
      {transactionId !== undefined && (
        <Facts
          facts={[
            {
              name: t('usage.transaction'),
              value: <CopyText text={transactionId} name={t('usage.transaction')} />,
            },
          ]}
        />
      )}
    </div>
  ));
}
