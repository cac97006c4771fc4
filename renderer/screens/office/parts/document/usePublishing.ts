/** Publishing a document whole, through the one endpoint that takes it. It shows nothing and asks nobody. */
import type { EndpointRequest } from '../../../../../shared/endpoints.ts';
import { useDoing } from '../../../../state/ask.ts';
import { useMay } from '../useMay.ts';
import type { Publishing } from './PublishDialog.tsx';

type Takes = 'putCatalogue' | 'putMeteringCatalogue' | 'putCosts' | 'putPricing';

/** `means` says what publishing does. */
export function usePublishing(endpoint: Takes, means: string): Publishing {
  const may = useMay(endpoint);
  const { busy, problem, run, clear } = useDoing(endpoint);
  const publish: Publishing['publish'] = async (content, { madeFrom, reason }) => {
    // Each item has passed its schema; what the contract makes of the whole, the engine and the server say.
    const body = { ...content, madeFrom, reason };
    const told = await run({ body } as unknown as EndpointRequest<Takes>);
    if (told === null) return null;
    if (!told.ok) return told.problem.code === 'version_moved' ? 'moved' : null;
    return told.status === 202 ? 'waits' : 'done';
  };
  return {
    may,
    busy,
    problem,
    clear,
    means,
    publish,
  };
}
