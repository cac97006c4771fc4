/**
 * Loads the message files into i18next, Chinese first. Components ask for text by key; no file of the page may
 * hold a sentence of its own.
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../shared/ipc.ts';
import deskEnUs from '../shared/messages/en-US/desk.json';
import membersEnUs from '../shared/messages/en-US/members.json';
import screensEnUs from '../shared/messages/en-US/screens.json';
import deskZhCn from '../shared/messages/zh-CN/desk.json';
import membersZhCn from '../shared/messages/zh-CN/members.json';
import screensZhCn from '../shared/messages/zh-CN/screens.json';

/** Each section of the back office has a file of its own, whose name is the second part of its keys. */
const officeFiles = import.meta.glob<object>('../shared/messages/*/office/*.json', {
  import: 'default',
  eager: true,
});

function officeIn(language: Language): { readonly office: Readonly<Record<string, object>> } {
  const office: Record<string, object> = {};
  for (const [path, messages] of Object.entries(officeFiles)) {
    const [, place, section] = /messages\/([^/]+)\/office\/([^/]+)\.json$/.exec(path) ?? [];
    if (place === language && section !== undefined) office[section] = messages;
  }
  return { office };
}

/** The machine's language, until the settings are known: Chinese unless it is set to English. */
export function languageOfMachine(): Language {
  return navigator.language.toLowerCase().startsWith('en') ? 'en-US' : 'zh-CN';
}

export function loadMessages(): void {
  // All of them are in the page: what would be waited for is only a later turn of the loop.
  void i18next.use(initReactI18next).init({
    initAsync: false,
    lng: languageOfMachine(),
    fallbackLng: 'zh-CN',
    resources: {
      'zh-CN': { screens: screensZhCn, members: membersZhCn, desk: deskZhCn, office: officeIn('zh-CN') },
      'en-US': { screens: screensEnUs, members: membersEnUs, desk: deskEnUs, office: officeIn('en-US') },
    },
    ns: ['screens', 'members', 'desk', 'office'],
    defaultNS: 'screens',
    fallbackNS: ['members', 'desk', 'office'],
    interpolation: { escapeValue: false },
  });
}

/** Changes the language of the page and says so to assistive technology. */
export async function speak(language: Language): Promise<void> {
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
  document.title = i18next.t('app.name');
}
