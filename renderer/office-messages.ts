/**
 * The back office's messages, which come with what shows them: whoever starts the desk does not wait for them. It is
 * imported for what it does, and must never be by anything that a start loads.
 */
import i18next from 'i18next';
import type { Language } from '../shared/ipc-words.ts';

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

for (const language of ['zh-CN', 'en-US'] as const)
  i18next.addResourceBundle(language, 'office', officeIn(language));
