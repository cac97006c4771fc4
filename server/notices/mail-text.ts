/**
 * The words of a notice's mail, in Chinese and then in English, for an account has no language. It must never be used
 * for anything a program reads again.
 */
import { createInstance } from 'i18next';
import type { Alert } from '../../shared/api.ts';
import { displayYuan, yuan } from '../../shared/money.ts';
import en from '../../shared/messages/en-US/mail.json' with { type: 'json' };
import zh from '../../shared/messages/zh-CN/mail.json' with { type: 'json' };

export interface Recipient {
  readonly name: string;
  /** IANA name: the time is told as the account sees it. */
  readonly timeZone: string;
}

const instance = createInstance();
// Resources are given whole, so that nothing is loaded later; the text is plain, so nothing is escaped.
void instance.init({
  initAsync: false,
  resources: { 'zh-CN': { translation: zh }, 'en-US': { translation: en } },
  interpolation: { escapeValue: false },
});

export function mailText(
  alert: Alert,
  { name, timeZone }: Recipient,
): { readonly subject: string; readonly text: string } {
  const amounts = {
    available: displayYuan(yuan(alert.available)),
    threshold: displayYuan(yuan(alert.threshold)),
  };
  const texts = ['zh-CN', 'en-US'].map((language) => {
    const at = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium', timeStyle: 'short' });
    const translate = instance.getFixedT(language);
    const words = { ...amounts, name: oneLine(name), at: at.format(Date.parse(alert.at)) };
    return { subject: translate('lowBalance.subject', words), text: translate('lowBalance.text', words) };
  });
  return {
    subject: texts[0]?.subject ?? '',
    text: texts.map(({ subject, text }) => `${subject}\n\n${text}`).join('\n\n────────\n\n'),
  };
}

/** A name stands in a mail's headers too. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
