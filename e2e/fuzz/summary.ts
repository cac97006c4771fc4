/** Counts answers by route and status and prints what came of a run. It must never print a token. */
import { endpoints } from '../../shared/endpoints.ts';
import type { Fault } from './judging.ts';
import type { FuzzRequest } from './requests.ts';
import type { Answer } from './sending.ts';

/** Characters of a body that are shown. */
const bodyShownMax = 4_000;
/** Endpoints that a run may leave without a success: how many a short one meets hangs on the machine, and on chance. */
const neverServedMax = Object.keys(endpoints).length / 2;

export class Summary {
  readonly moneyProblems: string[] = [];
  readonly #seed: number;
  readonly #seconds: number;
  readonly #counts = new Map<string, Map<string, number>>();
  #requests = 0;
  #longestMs = 0;

  constructor(seed: number, seconds: number) {
    this.#seed = seed;
    this.#seconds = seconds;
  }

  count(request: FuzzRequest, answer: Answer): void {
    this.#requests += 1;
    const status = answer.kind === 'answer' ? String(answer.status) : answer.kind;
    const counts = this.#counts.get(request.route) ?? new Map<string, number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    this.#counts.set(request.route, counts);
  }

  took(ms: number): void {
    this.#longestMs = Math.max(this.#longestMs, ms);
  }

  /** Endpoints that were never answered with a success: what lies behind their refusals was not tried. */
  neverServed(): string[] {
    return Object.keys(endpoints).filter(
      (name) => ![...(this.#counts.get(name)?.keys() ?? [])].some((status) => /^[23]/.test(status)),
    );
  }

  /** A run that was refused almost everywhere has tried nothing. */
  reachedEnough(): boolean {
    return this.neverServed().length <= neverServedMax;
  }

  print(faults: number, shortest: { readonly request: FuzzRequest; readonly fault: Fault } | null): void {
    const widest = Math.max(...[...this.#counts.keys()].map((route) => route.length));
    for (const [route, counts] of [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const statuses = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const line = statuses.map(([status, count]) => `${status}: ${count}`.padEnd(11)).join(' ');
      console.log(`${route.padEnd(widest)}  ${line.trimEnd()}`);
    }
    const slowest = `slowest answer ${Math.round(this.#longestMs)} ms`;
    console.log(`\n${this.#requests} requests in ${this.#seconds} s, ${slowest}, seed ${this.#seed}`);
    for (const name of this.neverServed()) console.log(`never answered with a success: ${name}`);
    for (const problem of this.moneyProblems) console.log(`money: ${problem}`);
    if (this.moneyProblems.length === 0)
      console.log('money: every ledger adds up, links and agrees with its balance, and the verifier agrees');
    if (shortest === null) console.log('no fault found');
    else printFault(faults, shortest.request, shortest.fault);
  }
}

function printFault(faults: number, request: FuzzRequest, fault: Fault): void {
  const caller = request.person?.account.email ?? 'nobody';
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'authorization');
  console.log(`\n${faults} faults; the shortest request that fails:\n${fault.kind}: ${fault.detail}\n`);
  console.log(`${request.method} ${request.path}   as ${caller}`);
  for (const [name, value] of headers) console.log(`${name}: ${value}`);
  console.log(`\n${request.body?.toString().slice(0, bodyShownMax) ?? ''}`);
}
