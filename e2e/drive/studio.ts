/**
 * A program of somebody else's that does paid work for an account over HTTP: pictures paid with quotas, speech and video
 * paid with points, calls of models. It knows the written contract alone, and nothing of the desk beside it.
 */
import { randomUUID } from 'node:crypto';
import type { Answer, BillClient } from './bill-client.ts';

export class Studio {
  readonly #client: BillClient;

  constructor(client: BillClient) {
    this.#client = client;
  }

  /** Begins work that is paid with a quota. */
  begin(product: string, quantity: number, id = randomUUID()): Promise<Answer> {
    return this.#client.send('POST', '/quotas/holds', { id, product, quantity });
  }

  /** Tells what became of it. */
  end(id: string, how: 'complete' | 'fail'): Promise<Answer> {
    return this.#client.send('POST', `/quotas/holds/${id}/${how}`);
  }

  /** Asks what a video of so many seconds would cost in points. */
  estimateVideo(seconds: number): Promise<Answer> {
    const usage = { kind: 'input_duration', durationMs: seconds * 1_000 };
    return this.#client.send('POST', '/points/estimate', { platform: 'studio', operation: 'video', usage });
  }

  /** Charges a video that was begun when nothing was owed. */
  finishVideo(seconds: number): Promise<Answer> {
    return this.#client.send('POST', '/points/use', {
      id: randomUUID(),
      platform: 'studio',
      operation: 'video',
      usage: { kind: 'duration', durationMs: seconds * 1_000 },
      begun: true,
    });
  }

  /** Tells of a call of a model that has just ended. */
  call(
    { product, model }: { readonly product: string; readonly model: string },
    { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number },
    endedAt = new Date(),
  ): Promise<Answer> {
    return this.#client.send('POST', '/metering/usage', {
      id: randomUUID(),
      product,
      model,
      inputTokens,
      outputTokens,
      startedAt: new Date(endedAt.getTime() - 2_000).toISOString(),
      endedAt: endedAt.toISOString(),
      outcome: 'finished',
      usageKnown: true,
    });
  }
}
