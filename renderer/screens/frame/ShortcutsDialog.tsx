/** The list of the desk's keys. It runs none of them. */
import { useTranslation } from 'react-i18next';
import { Facts } from '../../parts/Facts.tsx';
import { InfoDialog } from '../../parts/InfoDialog.tsx';
import { Keys } from '../../parts/Keys.tsx';
import { useRole } from '../../state/mirror.ts';
import { screensOf, showOverlay, useNavigation } from '../../state/navigation.ts';
import { commandKey } from './useKeys.ts';

export function ShortcutsDialog() {
  const { t } = useTranslation();
  const open = useNavigation((state) => state.overlay === 'shortcuts');
  const screens = screensOf(useRole());
  const keys: [string, readonly string[]][] = [
    [t('keys.palette'), [commandKey, 'K']],
    [t('keys.screens'), [commandKey, `1 – ${screens.length}`]],
    [t('keys.export'), [commandKey, 'E']],
    [t('keys.sync'), [commandKey, 'R']],
    [t('keys.move'), ['Tab']],
    [t('keys.close'), ['Esc']],
    [t('keys.shortcuts'), ['F1']],
  ];
  return (
    <InfoDialog open={open} overlay title={t('keys.title')} onClose={() => showOverlay(null)}>
      <Facts end facts={keys.map(([name, pressed]) => ({ name, value: <Keys pressed={pressed} /> }))} />
    </InfoDialog>
  );
}
