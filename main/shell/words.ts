/**
 * The shells' own words (terminal lines, menu, dialogs) and the engine's problems in words, from the message files.
 * It must never decide anything; it only finds the text.
 */
import { createInstance } from 'i18next';
import enDesk from '../../shared/messages/en-US/desk.json' with { type: 'json' };
import enShell from '../../shared/messages/en-US/shell.json' with { type: 'json' };
import zhDesk from '../../shared/messages/zh-CN/desk.json' with { type: 'json' };
import zhShell from '../../shared/messages/zh-CN/shell.json' with { type: 'json' };
import type { DeskProblem, Language } from '../../shared/ipc-words.ts';

const texts = createInstance({
  lng: 'zh-CN',
  fallbackLng: 'en-US',
  ns: ['shell', 'desk'],
  defaultNS: 'shell',
  resources: { 'zh-CN': { shell: zhShell, desk: zhDesk }, 'en-US': { shell: enShell, desk: enDesk } },
  // Terminal, menu and dialogs show plain text: there is no markup to guard against.
  interpolation: { escapeValue: false },
  initAsync: false,
});
// With its texts given it is ready at once; there is nothing to wait for.
void texts.init();

/** The text under `key` of shell.json. */
export function words(language: Language, key: string, params: Record<string, string> = {}): string {
  return texts.t(key, { lng: language, ...params });
}

/** Why the desk cannot go on, in a sentence. `log` is the path of the processes' log. */
export function lostWords(language: Language, problem: DeskProblem, log: string): string {
  // To the page this code means `wait a moment`; here it has been started again too often.
  if (problem.code === 'engine_stopped') return words(language, 'lost.engine', { log });
  return problemWords(language, problem);
}

/** A problem in a sentence. */
function problemWords(language: Language, problem: DeskProblem): string {
  return texts.t(`problem.${problem.code}`, { lng: language, ns: 'desk', ...problem.params });
}

/** The terminal's language: Chinese where the person's locale is, else English, which every terminal can show. */
export function terminalLanguage(): Language {
  return Intl.DateTimeFormat().resolvedOptions().locale.startsWith('zh') ? 'zh-CN' : 'en-US';
}
