/** Says what has just been bought. What came of it stands in the cards below. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../../shared/api-selling.ts';
import { useFormat } from '../../parts/useFormat.ts';
import type { Purchase } from '../../state/purchases.ts';
import { offered } from './offered.ts';

interface Props {
  readonly purchase: Purchase;
  readonly catalogue: Catalogue | null;
}

export function BoughtMessage({ purchase, catalogue }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const offer = catalogue === null ? null : offered(catalogue, purchase);
  return (
    <MessageBar intent="success" role="status" style={{ flexShrink: 0 }}>
      <MessageBarBody>
        {t(`membership.bought.${purchase.kind}`, {
          name: offer === null ? purchase.what : format.name(offer.name),
        })}
      </MessageBarBody>
    </MessageBar>
  );
}
