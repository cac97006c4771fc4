/**
 * The desk's words as its message files have them, by key, so that one test reads what a person does in either language.
 * It must never make up a word: a key that is not there fails the test.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';

export const languages = ['zh-CN', 'en-US'] as const;
export type Language = (typeof languages)[number];
const names: Readonly<Record<Language, string>> = { 'zh-CN': '简体中文', 'en-US': 'English' };

const folder = join(import.meta.dirname, '..', 'shared', 'messages');

/** A message as the file of the language has it, with its places to fill. */
function messageOf(language: Language): (key: string) => string {
  const files = ['screens', 'members', 'desk'].map(
    (name) => JSON.parse(readFileSync(join(folder, language, `${name}.json`), 'utf8')) as unknown,
  );
  return (key) => {
    for (const file of files) {
      let at: unknown = file;
      for (const part of key.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
      if (typeof at === 'string') return at;
    }
    throw new Error(`no message ${key} in ${language}`);
  };
}

/** The words of a language: of a sentence with places to fill, what stands before the first of them. */
export function wordsOf(language: Language): (key: string) => string {
  const message = messageOf(language);
  return (key) => message(key).split('{{')[0]?.trim() ?? '';
}

/** The whole of a sentence of a language, whatever its places are filled with. */
export function sentencesOf(language: Language): (key: string) => RegExp {
  const message = messageOf(language);
  return (key) => {
    const parts = message(key).split(/\{\{\w+\}\}/);
    return new RegExp(
      `^${parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('.+')}$`,
    );
  };
}

/** Sets the language of whoever is signed in, as a person does. */
export async function speak(page: Page, language: Language): Promise<void> {
  await page.keyboard.press('Control+7');
  await page.getByLabel(/^(语言|Language)$/).selectOption({ label: names[language] });
  await expect(page.locator('html')).toHaveAttribute('lang', language);
}
