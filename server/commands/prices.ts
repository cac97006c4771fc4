/** Publishing a price book from a file: the next version, never a change of an old one. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { PricingContent } from '../../shared/api-prices.ts';
import { priceBookProblems } from '../../shared/rating.ts';
import { tellBefore } from '../audit/acts.ts';
import { priceBookInForce, publishPriceBook } from '../pricing/price-books.ts';
import { CommandRefused, type Command } from './command.ts';

export const loadPricesCommand: Command = {
  summary: 'Publish the price book in a file as the next version',
  options: { file: { hint: 'FILE', help: 'JSON, as PUT /api/pricing takes it', required: true } },
  database: 'new',
  act: true,
  async run({ database, nowMs, required, say }) {
    const content = await readBook(required('file'));
    const problems = priceBookProblems(content).map(({ path, message }) => `${path}: ${message}`);
    if (problems.length > 0) throw new CommandRefused(problems.join('\n'));
    const book = await database.transaction(async (tx) => {
      tellBefore(await priceBookInForce(tx, nowMs));
      return publishPriceBook(tx, content, { accountId: null, nowMs });
    });
    say(
      `published version ${book.version} with ${book.prices.length + (book.usagePrices?.length ?? 0)} prices`,
    );
    return 0;
  },
};

async function readBook(file: string): Promise<z.infer<typeof PricingContent>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandRefused(`${file} cannot be read: ${why}`, { cause: error });
  }
  const parsed = PricingContent.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || file}: ${message}`);
  throw new CommandRefused(issues.join('\n'));
}
