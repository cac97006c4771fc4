/** Providers by their names in the person's language; one that has none any more goes by its id. */
import { useCallback } from 'react';
import type { Costs } from '../../../../shared/api-finance.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';

export function useProviders(): {
  readonly costs: Costs | null;
  readonly ids: readonly string[];
  readonly nameOf: (id: string) => string;
} {
  const format = useFormat();
  const { body } = useAnswer('costs', {});
  const nameOf = useCallback(
    (id: string) => {
      const provider = body?.providers.find((one) => one.id === id);
      return provider === undefined ? id : format.name(provider.name);
    },
    [body, format],
  );
  return { costs: body, ids: body?.providers.map(({ id }) => id) ?? [], nameOf };
}
