/** What the demonstration prints: steps, a progress bar, and the table of checks that decides its exit status. */

const colours = process.stdout.isTTY;
const paint = (code: number, text: string): string => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);

let stepNumber = 0;
export function step(title: string): void {
  stepNumber += 1;
  console.log(`\n${paint(1, `${String(stepNumber).padStart(2)}. ${title}`)}`);
}

export function say(text: string): void {
  console.log(`    ${text}`);
}

/** Redraws one line on a terminal; elsewhere prints a line at each tenth, so that a log stays readable. */
export class ProgressBar {
  #printedTenths = -1;
  draw(doneCount: number, total: number, note: string): void {
    const tenths = Math.floor((doneCount / total) * 10);
    if (!colours && tenths === this.#printedTenths) return;
    this.#printedTenths = tenths;
    const filled = Math.round((doneCount / total) * 30);
    const line = `    [${'█'.repeat(filled)}${'·'.repeat(30 - filled)}] ${String(doneCount).padStart(3)}/${total}  ${note}`;
    if (colours) process.stdout.write(`\r\u001B[2K${line}`);
    else console.log(line);
  }
  end(): void {
    if (colours) process.stdout.write('\n');
  }
}

export class Checks {
  readonly #rows: { name: string; expected: string; actual: string; ok: boolean }[] = [];

  equal(name: string, expected: string | number | null, actual: string | number | null): void {
    this.#rows.push({ name, expected: String(expected), actual: String(actual), ok: expected === actual });
  }

  holds(name: string, ok: boolean, what: string): void {
    this.#rows.push({ name, expected: what, actual: ok ? what : `not so: ${what}`, ok });
  }

  /** Prints the table; true when every row agrees. */
  print(): boolean {
    console.log('');
    for (const row of this.#rows) {
      const mark = row.ok ? paint(32, '✓') : paint(31, '✗');
      const value = row.ok ? row.actual : `expected ${row.expected}, was ${row.actual}`;
      console.log(`  ${mark} ${row.name.padEnd(58)} ${value}`);
    }
    const failed = this.#rows.filter((row) => !row.ok).length;
    const summary =
      failed === 0 ? paint(32, 'every check agrees to the cent') : paint(31, `${failed} checks differ`);
    console.log(`\n  ${this.#rows.length} checks: ${summary}`);
    return failed === 0;
  }
}
