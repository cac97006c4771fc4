/**
 * Counts what a chaos run has really brought about, so that a fault that never fires is seen. It must count what
 * happened, never what a schedule asked for.
 */
import {
  actName,
  everyKind,
  happeningName,
  storyName,
  type Act,
  type Happening,
  type LinkName,
  type Story,
} from './schedule.ts';

const linkHeadings: Readonly<Record<LinkName, string>> = {
  server: 'on the way to the server',
  agent: 'on the way to the agent',
};
const timedHeading = 'at any time';
const storyHeading = 'stories';
const columns = 4;

export class Coverage {
  readonly #counts = new Map(
    [...everyKind()].map(([heading, kinds]) => [heading, new Map(kinds.map((kind) => [kind, 0]))]),
  );

  fault(link: LinkName, act: Act): void {
    this.#note(linkHeadings[link], actName(act));
  }

  happening(what: Happening): void {
    this.#note(timedHeading, happeningName(what));
  }

  /** A story that came about as it was meant; a plain one is not counted. */
  story(story: Story): void {
    this.#note(storyHeading, storyName(story));
  }

  /** What has not happened once. */
  missing(): string[] {
    return [...this.#counts].flatMap(([heading, kinds]) =>
      [...kinds].filter(([, count]) => count === 0).map(([kind]) => `${kind} (${heading})`),
    );
  }

  lines(): string[] {
    return [...this.#counts].flatMap(([heading, kinds]) => {
      const cells = [...kinds].map(([kind, count]) => `${String(count).padStart(6)} ${kind.padEnd(22)}`);
      const rows = Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) =>
        cells
          .slice(row * columns, (row + 1) * columns)
          .join('')
          .trimEnd(),
      );
      return [`${heading}:`, ...rows];
    });
  }

  #note(heading: string, kind: string): void {
    const kinds = this.#counts.get(heading);
    const before = kinds?.get(kind);
    if (kinds === undefined || before === undefined)
      throw new Error(`${kind} (${heading}) is not among the kinds`);
    kinds.set(kind, before + 1);
  }
}
