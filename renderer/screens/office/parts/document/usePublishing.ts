/** Publishing a document whole, through the one endpoint that takes it. It shows nothing and asks nobody. */
import type { EndpointRequest } from '../../../../../shared/endpoints.ts';
import { useAct } from '../useAct.ts';
import { useMay } from '../useMay.ts';
import type { Publishing } from './PublishDialog.tsx';

type Takes = 'putCatalogue' | 'putMeteringCatalogue' | 'putCosts' | 'putPricing';

/** `means` says what publishing does. */
export function usePublishing(endpoint: Takes, means: string): Publishing {
  const may = useMay(endpoint);
  const { busy, problem, run, clear } = useAct(endpoint);
  return {
    may,
    busy,
    problem,
    clear,
    means,
    // Each item has passed its schema; what the contract makes of the whole, the engine and the server say.
    publish: (content) => run({ body: content } as unknown as EndpointRequest<Takes>),
  };
}
