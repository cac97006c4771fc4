/**
 * The words of a notice's mail, in Chinese and then in English, for an account has no language. It must never be used
 * for anything a program reads again.
 */
import { createInstance, type TFunction } from 'i18next';
import type { Alert } from '../../shared/api.ts';
import { cny } from '../../shared/assets.ts';
import { displayYuan, yuan } from '../../shared/money.ts';
import enDesk from '../../shared/messages/en-US/desk.json' with { type: 'json' };
import enMembers from '../../shared/messages/en-US/members.json' with { type: 'json' };
import en from '../../shared/messages/en-US/mail.json' with { type: 'json' };
import zhDesk from '../../shared/messages/zh-CN/desk.json' with { type: 'json' };
import zhMembers from '../../shared/messages/zh-CN/members.json' with { type: 'json' };
import zh from '../../shared/messages/zh-CN/mail.json' with { type: 'json' };
import type { ToldFinding, ToldFindings } from './told-findings.ts';

export interface Recipient {
  readonly name: string;
  /** IANA name: the time is told as the account sees it. */
  readonly timeZone: string;
}

/** What accounts are called now, by their ids: no notice keeps a name that an erasure would have to find. */
export type AccountNames = ReadonlyMap<string, string>;

interface Text {
  readonly subject: string;
  readonly text: string;
}

const languages = ['zh-CN', 'en-US'] as const;
type Language = (typeof languages)[number];

const instance = createInstance();
// Resources are given whole, so that nothing is loaded later; the text is plain, so nothing is escaped.
void instance.init({
  initAsync: false,
  resources: {
    'zh-CN': { translation: { ...zh, asset: zhMembers.asset, platform: zhDesk.platform } },
    'en-US': { translation: { ...en, asset: enMembers.asset, platform: enDesk.platform } },
  },
  interpolation: { escapeValue: false },
});

export function mailText(
  told: Alert | ToldFindings,
  recipient: Recipient,
  accountNames: AccountNames = new Map(),
): Text {
  const texts = languages.map((language) =>
    told.kind === 'low_balance'
      ? lowBalanceText(told, recipient, language)
      : findingsText(told, recipient, { language, accountNames }),
  );
  return {
    subject: texts[0]?.subject ?? '',
    text: texts.map(({ subject, text }) => `${subject}\n\n${text}`).join('\n\n────────\n\n'),
  };
}

function lowBalanceText(alert: Alert, { name, timeZone }: Recipient, language: Language): Text {
  const words = {
    available: displayYuan(yuan(alert.available)),
    threshold: displayYuan(yuan(alert.threshold)),
    name: oneLine(name),
    at: timeIn(language, timeZone, alert.at),
  };
  const t = instance.getFixedT(language);
  return { subject: t('lowBalance.subject', words), text: t('lowBalance.text', words) };
}

interface Telling {
  readonly language: Language;
  readonly accountNames: AccountNames;
}

function findingsText(told: ToldFindings, { name, timeZone }: Recipient, telling: Telling): Text {
  const t = instance.getFixedT(telling.language);
  const words = {
    count: told.findings.length,
    name: oneLine(name),
    at: timeIn(telling.language, timeZone, told.at),
    lines: told.findings.map((finding) => `· ${lineOf(t, finding, told, telling)}`).join('\n'),
  };
  return { subject: t('findings.subject', words), text: t('findings.text', words) };
}

function lineOf(t: TFunction, finding: ToldFinding, { names }: ToldFindings, telling: Telling): string {
  const nameOf = (id: string): string =>
    names[id]?.[telling.language] ?? t(`platform.${id}`, { defaultValue: id });
  if (finding.kind === 'budget')
    return t('findings.budget', {
      month: finding.month,
      scope: oneLine(finding.scope === 'all' ? t('findings.everything') : nameOf(finding.name)),
      percent: finding.percent,
      spent: displayYuan(yuan(finding.spent)),
      amount: displayYuan(yuan(finding.amount)),
    });
  const { accountId, asset, day, direction, product } = finding;
  const amount = (text: string): string => amountOf(t, asset, text, telling.language);
  return t(`findings.${direction}`, {
    day,
    who: oneLine(
      accountId === undefined ? t('findings.everybody') : (telling.accountNames.get(accountId) ?? accountId),
    ),
    product: oneLine(nameOf(product)),
    amount: amount(finding.amount),
    median: amount(finding.median),
    limit: amount(finding.limit),
  });
}

function amountOf(t: TFunction, asset: string, text: string, language: Language): string {
  if (asset === cny) return displayYuan(yuan(text));
  const amount = new Intl.NumberFormat(language).format(BigInt(text));
  return t('asset.amount', { amount, asset: t(`asset.${asset}`, { defaultValue: asset }) });
}

function timeIn(language: Language, timeZone: string, at: string): string {
  return new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium', timeStyle: 'short' }).format(
    Date.parse(at),
  );
}

/** A name stands in a mail's headers too. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
