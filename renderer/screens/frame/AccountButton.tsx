/** The button of whoever is signed in, which a menu hangs on (AccountMenu.tsx). */
import type { ComponentProps } from 'react';
import { Avatar, Button, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useDesk } from '../../state/mirror.ts';

const useStyles = makeStyles({
  button: { minWidth: 0, flexShrink: 0, padding: '1px', borderRadius: tokens.borderRadiusCircular },
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

/** Takes what a menu's trigger is given. */
export function AccountButton(trigger: ComponentProps<typeof Button>) {
  const { t } = useTranslation();
  const styles = useStyles();
  const name = useDesk(({ session }) => session.account?.name ?? '');
  return (
    <Button
      {...trigger}
      appearance="subtle"
      className={styles.button}
      aria-label={t('account.menu', { name })}
    >
      <Avatar size={28} initials={initials(name)} color="brand" aria-hidden />
    </Button>
  );
}
