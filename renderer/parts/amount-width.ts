/** How wide an amount is, in digits, so that a column may be made wide enough for it. It shows no amount and rounds none. */

/** Of a comma or a point; a digit is one. */
const pointCh = 0.5;
/** Parts of pixels are rounded: what is exactly as wide as its column is cut off. */
const spareCh = 0.25;

/**
 * An upper bound of how wide an amount of the wire is once it is shown, with its currency, its sign and what stands between
 * its digits, in the width of a digit.
 */
export function amountWidthCh(amount: string): number {
  const [whole = '', fraction = ''] = amount.replace('-', '').split('.');
  const between = Math.floor(Math.max(0, whole.length - 1) / 3) * pointCh;
  const after = fraction === '' ? 0 : pointCh + fraction.length;
  return 2 + whole.length + between + after + spareCh;
}

/** Of hundreds of millions and more, for which what is drawn large, or beside others, makes room. */
export function isLong(amount: string): boolean {
  return amountWidthCh(amount) > 15;
}

/** The widest of many; 0 where there is none. */
export function widestAmountCh<T>(rows: readonly T[], amountOf: (row: T) => string | undefined): number {
  let longest = '';
  for (const row of rows) {
    const amount = amountOf(row) ?? '';
    if (amount.length > longest.length) longest = amount;
  }
  return longest === '' ? 0 : amountWidthCh(longest);
}

/** A list that is shorter is looked at whole each time: its rows may have changed. Of longer ones the ledger's never do. */
const rememberedFrom = 2_000;

/** Tells the widest of one list again and again: of a long one that only grew it looks at what came with it alone. */
export function createWidest<T>(): typeof widestAmountCh<T> {
  let known: {
    readonly first: T | undefined;
    readonly last: T | undefined;
    readonly count: number;
    readonly ch: number;
  } | null = null;
  return (rows, amountOf) => {
    const goesOn =
      known !== null &&
      known.count >= rememberedFrom &&
      rows[0] === known.first &&
      rows[known.count - 1] === known.last;
    const [before, from] = goesOn && known !== null ? [known.ch, known.count] : [0, 0];
    const ch = Math.max(before, widestAmountCh(from === 0 ? rows : rows.slice(from), amountOf));
    known = { first: rows[0], last: rows.at(-1), count: rows.length, ch };
    return ch;
  };
}
