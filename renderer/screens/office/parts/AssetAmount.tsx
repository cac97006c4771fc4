/** An amount of any asset: money to the cent, anything else in whole units as the language writes numbers. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { cny } from '../../../../shared/assets.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { assetName } from '../../../parts/words.ts';
import { Gap } from './Gap.tsx';

interface Props {
  readonly asset: string;
  readonly amount: string;
  /** Writes `+` before a gain. */
  readonly signed?: boolean;
}

export function AssetAmount({ asset, amount, signed = false }: Props) {
  const format = useFormat();
  if (asset === cny) return signed ? <Gap value={amount} /> : <Amount value={amount} />;
  return (
    <span style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
      {format.units(amount, signed ? 'always' : 'negative')}
    </span>
  );
}

/** What people call an asset, as a heading or a cell has it: the words are those of sentences, which begin small. */
export function useAssetName(): (asset: string) => string {
  const { t } = useTranslation();
  return useCallback((asset) => assetName(t, asset).replace(/^./, (first) => first.toUpperCase()), [t]);
}
