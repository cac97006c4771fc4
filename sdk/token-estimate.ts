/**
 * How many tokens a text has where its provider does not say: four ASCII characters are one, rounded up over the whole
 * text, and any other character is one by itself. An estimate, and told as one; it must never change quietly, for people
 * are charged by it.
 */

const asciiPerToken = 4;

/** Counts a text that comes in pieces, and keeps none of it. */
export class TokenCount {
  #ascii = 0;
  #others = 0;

  add(text: string): void {
    for (const character of text) {
      if (character <= '\u007f') this.#ascii += 1;
      else this.#others += 1;
    }
  }

  get tokens(): number {
    return Math.ceil(this.#ascii / asciiPerToken) + this.#others;
  }
}

export function estimateTokens(text: string): number {
  const count = new TokenCount();
  count.add(text);
  return count.tokens;
}
