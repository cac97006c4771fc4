/**
 * The words that the engine itself writes down for people: workbook headers and desktop notifications, in the
 * operator's language. It must never be used for anything a program reads again.
 */
import { createInstance } from 'i18next';
import type { Language } from '../shared/ipc-words.ts';
import en from '../shared/messages/en-US/desk.json' with { type: 'json' };
import enMembers from '../shared/messages/en-US/members.json' with { type: 'json' };
import zh from '../shared/messages/zh-CN/desk.json' with { type: 'json' };
import zhMembers from '../shared/messages/zh-CN/members.json' with { type: 'json' };

const instance = createInstance();
// Resources are given whole, so that nothing is loaded later and the first word is there at once.
void instance.init({
  initAsync: false,
  resources: {
    'zh-CN': { translation: { ...zh, asset: zhMembers.asset } },
    'en-US': { translation: { ...en, asset: enMembers.asset } },
  },
  fallbackLng: 'zh-CN',
  interpolation: { escapeValue: false },
});

/** A message by its key in the message files, filled with `params`. */
export type Words = (key: string, params?: Readonly<Record<string, string>>) => string;

/** The messages in one language. A key that is missing there is a programming error and throws. */
export function wordsIn(language: Language): Words {
  const translate = instance.getFixedT(language);
  return (key, params = {}) => {
    if (!instance.exists(key, { lng: language }))
      throw new RangeError(`no message for ${key} in ${language}`);
    return translate(key, { ...params });
  };
}

/** A word of an open list, such as a platform's name; the id itself where the files have no word for it. */
export function wordOr(
  language: Language,
  group: 'platform' | 'operation' | 'executorReason' | 'asset',
  id: string,
): string {
  const key = `${group}.${id}`;
  return instance.exists(key, { lng: language }) ? instance.getFixedT(language)(key) : id;
}
