/**
 * What a provider's answer says of its use, piece by piece, and how a call ended. It must never keep the text that went
 * by: of a conversation nothing is told but numbers.
 */
import type { CallOutcome } from '../shared/api-metering.ts';

/** What one piece of a stream says, or a whole answer. */
export interface Reading {
  /** What was delivered; counted where the provider does not count. */
  readonly text?: string;
  /** What was used in all so far, by the provider. */
  readonly tokens?: { readonly input: number; readonly output: number };
  /** The model that answered. */
  readonly model?: string;
  /** The provider says that this is all. */
  readonly complete?: boolean;
}

export interface Reader<Piece> {
  read(piece: Piece): Reading;
  /** Every whole answer says so itself: one that ends without it was cut off. */
  readonly saysComplete: boolean;
}

/** A chat completion or a chunk of one, as far as it matters here; any OpenAI-compatible server answers with these. */
export interface OpenAiPiece {
  readonly model?: string | null;
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null };
    readonly message?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  /** In a stream: in its last chunk, where `stream_options.include_usage` was asked for. */
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

export const openAiReader: Reader<OpenAiPiece> = {
  saysComplete: true,
  read({ model, choices = [], usage }) {
    const text = choices.map(({ delta, message }) => delta?.content ?? message?.content ?? '').join('');
    const complete = choices.some(({ finish_reason: reason }) => typeof reason === 'string');
    return {
      text,
      complete,
      ...(typeof model === 'string' ? { model } : {}),
      ...(usage === null || usage === undefined
        ? {}
        : { tokens: { input: usage.prompt_tokens, output: usage.completion_tokens } }),
    };
  },
};

/** How many causes are looked at: an error may be its own. */
const causesMax = 8;

/** How a call ended that threw: by whoever asked, by a connection that broke, or by what the provider said. */
export function outcomeOfError(error: unknown): CallOutcome {
  let cause: unknown = error;
  for (let depth = 0; depth < causesMax && cause instanceof Error; depth += 1) {
    if (cause.name === 'AbortError') return 'cut_by_client';
    if ('code' in cause && /^(?:ECONN|EPIPE|UND_ERR)/.test(String(cause.code))) return 'cut_by_server';
    ({ cause } = cause);
  }
  return 'error';
}
