/** Switches the language before anyone has signed in. */
import { Button } from '@fluentui/react-components';
import { LocalLanguage20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../../state/command.ts';
import { useDesk } from '../../state/mirror.ts';

export function LanguageChoice() {
  const { t } = useTranslation();
  const language = useDesk(({ settings }) => settings.language);
  const update = useCommand('settings.update');
  const other = language === 'zh-CN' ? 'en-US' : 'zh-CN';
  return (
    <Button
      appearance="subtle"
      icon={<LocalLanguage20Regular />}
      lang={other}
      onClick={() => void update.run({ language: other })}
    >
      {t(`language.${other}`)}
    </Button>
  );
}
