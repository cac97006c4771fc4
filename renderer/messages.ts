/**
 * Loads the message files into i18next, Chinese first. Components ask for text by key; no file of the page may
 * hold a sentence of its own.
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../shared/ipc-words.ts';
import { withoutTurns } from './format.ts';
import deskEnUs from '../shared/messages/en-US/desk.json';
import membersEnUs from '../shared/messages/en-US/members.json';
import screensEnUs from '../shared/messages/en-US/screens.json';
import deskZhCn from '../shared/messages/zh-CN/desk.json';
import membersZhCn from '../shared/messages/zh-CN/members.json';
import screensZhCn from '../shared/messages/zh-CN/screens.json';

/** The machine's language, until the settings are known: Chinese unless it is set to English. */
export function languageOfMachine(): Language {
  return navigator.language.toLowerCase().startsWith('en') ? 'en-US' : 'zh-CN';
}

export function loadMessages(): void {
  // All of them but the back office's (office-messages.ts) are here: what would be waited for is only a later turn of the loop.
  void i18next.use(initReactI18next).init({
    initAsync: false,
    lng: languageOfMachine(),
    fallbackLng: 'zh-CN',
    resources: {
      'zh-CN': { screens: screensZhCn, members: membersZhCn, desk: deskZhCn },
      'en-US': { screens: screensEnUs, members: membersEnUs, desk: deskEnUs },
    },
    ns: ['screens', 'members', 'desk', 'office'],
    defaultNS: 'screens',
    fallbackNS: ['members', 'desk', 'office'],
    // React escapes what it draws; here a name alone is kept from turning around the sentence that it stands in.
    interpolation: { escapeValue: true, escape: withoutTurns },
  });
}

/** Changes the language of the page and says so to assistive technology. */
export async function speak(language: Language): Promise<void> {
  document.documentElement.lang = language;
  // Told of a language that it has already, everything would be drawn once more.
  if (i18next.language !== language) await i18next.changeLanguage(language);
  document.title = i18next.t('app.name');
}
