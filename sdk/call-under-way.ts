/**
 * One call from its beginning to the usage that is told of it. Whatever its function throws passes through unchanged; what
 * goes wrong in metering must never reach whoever called.
 */
import type { CallOutcome, UsageBody } from '../shared/api-metering.ts';
import { modelIdPattern, tokensMax } from '../shared/metering-names.ts';
import { outcomeOfError, type Reader } from './reading.ts';
import { estimateTokens, TokenCount } from './token-estimate.ts';

export interface CallFacts<Piece> {
  readonly id: string;
  readonly product: string;
  readonly model: string;
  readonly reader: Reader<Piece>;
  /** What the model was given, as text; asked for only where it has to be counted. */
  readonly input: () => string;
  /** Keeps the usage, whatever happens. */
  readonly tell: (usage: UsageBody) => Promise<void>;
  /** Hears of a reader, or an input, that threw. */
  readonly onReaderError: (error: unknown) => void;
}

export class CallUnderWay<Piece> {
  readonly #facts: CallFacts<Piece>;
  readonly #startedAtMs = Date.now();
  readonly #output = new TokenCount();
  #model: string;
  #tokens: { readonly input: number; readonly output: number } | null = null;
  #delivered = false;
  #complete = false;

  constructor(facts: CallFacts<Piece>) {
    this.#facts = facts;
    this.#model = facts.model;
  }

  /** The function's answer: as it is, or, where it comes in pieces, what hands them on and tells at the end. */
  async run(call: () => unknown): Promise<unknown> {
    let answer: unknown;
    try {
      answer = await call();
    } catch (error) {
      await this.#end(outcomeOfError(error));
      throw error;
    }
    if (isIterable<Piece>(answer)) return this.#stream(answer);
    this.#read(answer as Piece);
    await this.#end('finished');
    return answer;
  }

  async *#stream(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece, void, undefined> {
    // What ends a generator early, beside its own errors, is whoever reads it.
    let outcome: CallOutcome = 'cut_by_client';
    try {
      for await (const piece of pieces) {
        this.#read(piece);
        yield piece;
      }
      const cutOff = this.#facts.reader.saysComplete && !this.#complete;
      outcome = cutOff ? 'cut_by_server' : 'finished';
    } catch (error) {
      outcome = outcomeOfError(error);
      throw error;
    } finally {
      await this.#end(outcome);
    }
  }

  #read(piece: Piece): void {
    this.#delivered = true;
    try {
      const { text = '', tokens, model, complete } = this.#facts.reader.read(piece);
      this.#output.add(text);
      if (tokens !== undefined) this.#tokens = tokens;
      if (model !== undefined && modelIdPattern.test(model)) this.#model = model;
      if (complete === true) this.#complete = true;
    } catch (error) {
      this.#facts.onReaderError(error);
    }
  }

  /** Where nothing was delivered there is nothing to tell. */
  async #end(outcome: CallOutcome): Promise<void> {
    if (!this.#delivered) return;
    const { id, product, tell } = this.#facts;
    const tokens = this.#tokens ?? { input: this.#estimatedInput(), output: this.#output.tokens };
    await tell({
      id,
      product,
      model: this.#model,
      inputTokens: counted(tokens.input),
      outputTokens: counted(tokens.output),
      startedAt: new Date(this.#startedAtMs).toISOString(),
      // A clock that was set back meanwhile makes no call end before it began.
      endedAt: new Date(Math.max(this.#startedAtMs, Date.now())).toISOString(),
      outcome,
      usageKnown: this.#tokens !== null,
    });
  }

  #estimatedInput(): number {
    try {
      return estimateTokens(this.#facts.input());
    } catch (error) {
      this.#facts.onReaderError(error);
      return 0;
    }
  }
}

function isIterable<Piece>(answer: unknown): answer is AsyncIterable<Piece> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** As the contract has it, whatever a provider wrote. */
function counted(tokens: number): number {
  return Number.isFinite(tokens) ? Math.min(tokensMax, Math.max(0, Math.round(tokens))) : 0;
}
