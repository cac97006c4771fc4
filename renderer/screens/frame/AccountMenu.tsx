/** Who is signed in, and the way out. Leaving with charges that the server has not got asks first. */
import { useState } from 'react';
import {
  Avatar,
  Button,
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

const useStyles = makeStyles({
  button: { minWidth: 0, flexShrink: 0, padding: '1px', borderRadius: tokens.borderRadiusCircular },
  who: { display: 'flex', flexDirection: 'column', padding: '8px 12px 10px', gap: '2px', maxWidth: '260px' },
  quiet: { color: tokens.colorNeutralForeground3, overflowWrap: 'anywhere' },
});

/** One character of a Chinese name, the first letters of up to two words of another. */
function initials(name: string): string {
  if (/\p{Script=Han}/u.test(name)) return name.slice(0, 1);
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.slice(0, 1).toUpperCase())
    .join('');
}

export function AccountMenu() {
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
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <Button
            appearance="subtle"
            className={styles.button}
            aria-label={t('account.menu', { name: account?.name ?? '' })}
          >
            <Avatar size={28} initials={initials(account?.name ?? '')} color="brand" aria-hidden />
          </Button>
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
