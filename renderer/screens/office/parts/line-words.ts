/**
 * What people call the fields of a record that is kept as it was sent, and what stands in them: a word where the message
 * files have one, else what the record itself says. Nothing is left out or worked out.
 */
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../../parts/useFormat.ts';
import { operationName, platformName } from '../../../parts/words.ts';
import { useAssetName } from './AssetAmount.tsx';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface LineWords {
  /** `xiaohongshu follow.unitPrice` as 小红书 关注 · 单价. */
  readonly name: (path: string) => string;
  readonly value: (path: string, text: string) => string;
}

export function useLineWords(): LineWords {
  const { t } = useTranslation();
  const format = useFormat();
  const assetName = useAssetName();
  const part = (segment: string): string => {
    const [platform = '', operation] = segment.split(' ');
    return operation === undefined
      ? t(`office.fields.${segment}`, { defaultValue: segment })
      : `${platformName(t, platform)} ${operationName(t, operation)}`;
  };
  /** Fields whose values are one of a few. */
  const choices: Readonly<Record<string, (text: string) => string>> = {
    asset: assetName,
    platform: (text) => platformName(t, text),
    operation: (text) => operationName(t, text),
    source: (text) => t(`office.grants.from.${text}`, { defaultValue: text }),
    memberLevel: (text) => t(`member.${text}`, { defaultValue: text }),
    level: (text) => t(`member.${text}`, { defaultValue: text }),
    role: (text) => t(`role.${text}`, { defaultValue: text }),
    stacking: (text) => t(`office.prices.${text}`, { defaultValue: text }),
    are: (text) => t(`office.bills.unnamed.are.${text}`, { defaultValue: text }),
    frozen: (text) => t(text === 'true' ? 'office.accounts.frozen' : 'office.accounts.inUse'),
  };
  return {
    name: (path) => path.split('.').map(part).join(' · '),
    value: (path, text) => {
      if (instant.test(text)) return format.dateTimeZone(text);
      return choices[path.split('.').at(-1) ?? '']?.(text) ?? text;
    },
  };
}
