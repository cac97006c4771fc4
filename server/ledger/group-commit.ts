/**
 * Lets work that arrives while a transaction is under way share the next one, so that a busy account pays for one
 * commit instead of hundreds. It must never answer before the commit, reorder a key's items, or mix two keys.
 *
 *   submit ─▶ waiting ──(the one under way ends)──▶ posted together, at most `sizeMax` ──▶ each submission its answers
 */

interface Submission<Item, Answer> {
  readonly items: readonly Item[];
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Line<Item, Answer> {
  readonly waiting: Submission<Item, Answer>[];
  waitingCount: number;
}

export interface GroupCommitOptions<Item, Answer> {
  /** Posts the items of one key in one transaction; an answer an item, in order. Must be safe to repeat. */
  readonly post: (key: string, items: readonly Item[]) => Promise<readonly Answer[]>;
  /** Items in one transaction. */
  readonly sizeMax: number;
  /** Items of one key that may wait. */
  readonly waitingMax: number;
}

export class GroupCommit<Item, Answer> {
  readonly #options: GroupCommitOptions<Item, Answer>;
  /** A key has a line exactly while something of it is under way. */
  readonly #lines = new Map<string, Line<Item, Answer>>();

  constructor(options: GroupCommitOptions<Item, Answer>) {
    this.#options = options;
  }

  /** An answer an item once they are committed; null when too many wait already. At most `sizeMax` items. */
  submit(key: string, items: readonly Item[]): Promise<readonly Answer[]> | null {
    if (items.length > this.#options.sizeMax)
      throw new RangeError(`at most ${this.#options.sizeMax} at once`);
    const line = this.#lines.get(key) ?? { waiting: [], waitingCount: 0 };
    if (line.waitingCount + items.length > this.#options.waitingMax) return null;
    const answers = new Promise<readonly Answer[]>((resolve, reject) => {
      line.waiting.push({ items, resolve, reject });
    });
    line.waitingCount += items.length;
    if (!this.#lines.has(key)) {
      this.#lines.set(key, line);
      void this.#drain(key, line); // Never rejects: errors go to the submissions.
    }
    return answers;
  }

  async #drain(key: string, line: Line<Item, Answer>): Promise<void> {
    while (line.waiting.length > 0) {
      const group = this.#nextGroup(line);
      if (await this.#posted(key, group)) continue;
      // One bad item must not fail its neighbours. What a lost connection did commit is found by its id.
      for (const submission of group) await this.#postAlone(key, submission);
    }
    this.#lines.delete(key);
  }

  #nextGroup(line: Line<Item, Answer>): Submission<Item, Answer>[] {
    let size = 0;
    const beyond = line.waiting.findIndex((submission) => {
      size += submission.items.length;
      return size > this.#options.sizeMax;
    });
    const group = line.waiting.splice(0, beyond === -1 ? line.waiting.length : beyond);
    for (const submission of group) line.waitingCount -= submission.items.length;
    return group;
  }

  /** False when a group of several failed and each has still to be tried on its own. */
  async #posted(key: string, group: readonly Submission<Item, Answer>[]): Promise<boolean> {
    const [first] = group;
    if (group.length === 1 && first !== undefined) {
      await this.#postAlone(key, first);
      return true;
    }
    let answers: readonly Answer[];
    try {
      answers = await this.#options.post(
        key,
        group.flatMap((submission) => submission.items),
      );
    } catch {
      return false;
    }
    let from = 0;
    for (const { items, resolve } of group) {
      resolve(answers.slice(from, from + items.length));
      from += items.length;
    }
    return true;
  }

  async #postAlone(key: string, { items, resolve, reject }: Submission<Item, Answer>): Promise<void> {
    try {
      resolve(await this.#options.post(key, items));
    } catch (error) {
      reject(error);
    }
  }
}
