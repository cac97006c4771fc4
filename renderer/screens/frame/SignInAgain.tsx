/** Renews a sign-in that ended while there was work: the same account, without leaving the screen. */
import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { SignInForm } from '../../parts/SignInForm.tsx';
import { useDesk } from '../../state/mirror.ts';
import { showSignIn, useNavigation } from '../../state/navigation.ts';

const useStyles = makeStyles({ surface: { maxWidth: '420px' }, content: { paddingTop: '8px' } });

export function SignInAgain() {
  const { t } = useTranslation();
  const styles = useStyles();
  const open = useNavigation((state) => state.signingIn);
  const session = useDesk((desk) => desk.session);
  return (
    <Dialog open={open} onOpenChange={(_, data) => showSignIn(data.open)}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{t('frame.signInAgain')}</DialogTitle>
          <DialogContent className={styles.content}>
            <SignInForm
              bare
              serverUrl={session.serverUrl ?? ''}
              email={session.account?.email ?? ''}
              onDone={() => showSignIn(false)}
            />
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
