/**
 * Counts what a chaos run has really brought about, so that a fault that never fires is seen. It must count what
 * happened, never what a schedule asked for.
 */
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import {
  actName,
  everyKind,
  happeningName,
  storyName,
  type Act,
  type Happening,
  type LinkName,
  type Route,
  type Story,
} from './schedule.ts';

const linkHeadings: Readonly<Record<LinkName, string>> = {
  server: 'on the way to the server',
  agent: 'on the way to the agent',
};
const timedHeading = 'at any time';
const routeHeading = 'requests that it befell';
const storyHeading = 'stories';
const demanded = [linkHeadings.server, linkHeadings.agent, timedHeading];
const operatorPrefix = 'operator: ';
const columns = 4;

export class Coverage {
  readonly #states = new Map<string, Set<string>>();
  readonly #counts = new Map(
    [...everyKind()].map(([heading, kinds]) => [heading, new Map(kinds.map((kind) => [kind, 0]))]),
  );

  fault(link: LinkName, route: Route, act: Act): void {
    this.#note(linkHeadings[link], actName(act));
    this.#note(routeHeading, route);
  }

  happening(what: Happening): void {
    this.#note(timedHeading, happeningName(what));
  }

  /** A story that came about as it was meant; a plain one is not counted. */
  story(story: Story): void {
    this.#note(storyHeading, storyName(story));
  }

  /** What a campaign went through, as the operator saw it. */
  campaign({ id, pauseReason, counts }: Campaign): void {
    const states = pauseReason === null ? [] : [`paused: ${pauseReason}`];
    if (counts.unknown > 0) states.push('an outcome unknown');
    for (const state of states) {
      const campaigns = this.#states.get(state) ?? new Set();
      this.#states.set(state, campaigns.add(id));
    }
  }

  /**
   * Faults that have not befallen anything once. What hangs on the moment as well, such as a press that is refused when
   * the campaign is over, is counted and not demanded.
   */
  missing(): string[] {
    return demanded.flatMap((heading) =>
      [...(this.#counts.get(heading) ?? [])]
        .filter(([kind, count]) => count === 0 && !kind.startsWith(operatorPrefix))
        .map(([kind]) => `${kind} (${heading})`),
    );
  }

  lines(): string[] {
    const met = new Map([...this.#states].map(([state, campaigns]) => [state, campaigns.size]));
    return [...this.#counts, ['campaigns that were seen', met] as const].flatMap(([heading, kinds]) => [
      `${heading}:`,
      ...table(kinds),
    ]);
  }

  #note(heading: string, kind: string): void {
    const kinds = this.#counts.get(heading);
    const before = kinds?.get(kind);
    if (kinds === undefined || before === undefined)
      throw new Error(`${kind} (${heading}) is not among the kinds`);
    kinds.set(kind, before + 1);
  }
}

function table(kinds: ReadonlyMap<string, number>): string[] {
  const cells = [...kinds].map(([kind, count]) => `${String(count).padStart(6)} ${kind.padEnd(22)}`);
  return Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) =>
    cells
      .slice(row * columns, (row + 1) * columns)
      .join('')
      .trimEnd(),
  );
}
