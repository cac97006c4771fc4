/** What buying something is about: one is asked first, above everything else, and told afterwards. It buys nothing itself. */
import { useState, type ReactNode } from 'react';
import type { Answering } from '../../state/ask.ts';
import type { Purchase } from '../../state/purchases.ts';
import { BoughtMessage } from './BoughtMessage.tsx';
import { PurchaseDialog } from './PurchaseDialog.tsx';

interface Props {
  readonly catalogue: Answering<'catalogue'>;
  readonly onBought: () => void;
  /** What there is to buy; whoever wants something hands it on. */
  readonly children: (onAsk: (purchase: Purchase) => void) => ReactNode;
}

export function Buying({ catalogue, onBought, children }: Props) {
  const [asking, setAsking] = useState<Purchase | null>(null);
  const [bought, setBought] = useState<Purchase | null>(null);
  const ask = (purchase: Purchase): void => {
    setBought(null);
    setAsking(purchase);
  };
  return (
    <>
      {bought !== null && <BoughtMessage purchase={bought} catalogue={catalogue.body} />}
      {children(ask)}
      {asking !== null && catalogue.body !== null && (
        <PurchaseDialog
          purchase={asking}
          catalogue={catalogue.body}
          onPriceMoved={catalogue.readAgain}
          onBought={() => {
            setBought(asking);
            setAsking(null);
            onBought();
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
