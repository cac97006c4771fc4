/** How far a backup has come, in a word and a colour. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Backup } from '../../../../shared/api-backups.ts';

const colours = {
  writing: 'brand',
  written: 'brand',
  verified: 'success',
  failed: 'danger',
  removed: 'informative',
} as const;

export function BackupBadge({ state }: Pick<Backup, 'state'>) {
  const { t } = useTranslation();
  return (
    <Badge appearance="tint" color={colours[state]}>
      {t(`office.backups.state.${state}`)}
    </Badge>
  );
}
