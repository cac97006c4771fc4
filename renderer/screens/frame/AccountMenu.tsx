/** Who is signed in, and the way out. Leaving with charges that the server has not got asks first. */
import { useState } from 'react';
import {
  makeStyles,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Text,
  tokens,
} from '@fluentui/react-components';
import { Keyboard20Regular, Settings20Regular, SignOut20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { money } from '../../format.ts';
import { AskDialog } from '../../parts/AskDialog.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { useCommand } from '../../state/command.ts';
import { useDesk } from '../../state/mirror.ts';
import { goTo, showOverlay } from '../../state/navigation.ts';
import { AccountButton } from './AccountButton.tsx';

const useStyles = makeStyles({
  who: { display: 'flex', flexDirection: 'column', padding: '8px 12px 10px', gap: '2px', maxWidth: '260px' },
  quiet: { color: tokens.colorNeutralForeground3, overflowWrap: 'anywhere' },
});

export function AccountMenu({ isOpenAtFirst }: { readonly isOpenAtFirst: boolean }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const account = useDesk(({ session }) => session.account);
  const demo = useDesk(({ session }) => session.demo);
  const sync = useDesk((desk) => desk.sync);
  const signOut = useCommand('session.signOut');
  const [asking, setAsking] = useState(false);

  const leave = async (force: boolean): Promise<void> => {
    const reply = await signOut.run({ force });
    if (reply !== null && !reply.ok && !force) setAsking(true);
  };
  const unsynced = signOut.problem?.code === 'unsynced_charges';

  return (
    <>
      <Menu positioning="below-end" defaultOpen={isOpenAtFirst}>
        <MenuTrigger disableButtonEnhancement>
          <AccountButton />
        </MenuTrigger>
        <MenuPopover>
          <div className={styles.who}>
            <Text weight="semibold">{account?.name}</Text>
            <Text size={200} className={styles.quiet}>
              {account?.email}
            </Text>
            <Text size={200} className={styles.quiet}>
              {demo ? t('account.demoServer') : account !== null && t(`role.${account.role}`)}
            </Text>
          </div>
          <MenuDivider />
          <MenuList>
            <MenuItem icon={<Settings20Regular />} onClick={() => goTo('settings')}>
              {t('screen.settings')}
            </MenuItem>
            <MenuItem
              icon={<Keyboard20Regular />}
              secondaryContent="F1"
              onClick={() => showOverlay('shortcuts')}
            >
              {t('keys.title')}
            </MenuItem>
            <MenuItem icon={<SignOut20Regular />} onClick={() => void leave(false)}>
              {t('account.signOut')}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <AskDialog
        open={asking}
        title={unsynced ? t('account.unsyncedTitle') : t('account.signOut')}
        confirm={t('account.signOutAnyway')}
        cancel={t('account.stay')}
        busy={signOut.busy}
        problem={unsynced ? null : signOut.problem}
        onConfirm={() => void leave(true)}
        onClose={() => setAsking(false)}
      >
        {unsynced && (
          <Text>
            {t('account.unsynced', {
              pending: format.count(sync.pendingCount + sync.attentionCount),
              amount: money(sync.pendingAmount),
            })}
          </Text>
        )}
      </AskDialog>
    </>
  );
}
