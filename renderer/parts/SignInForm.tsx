/** E-mail and password for the server in use. The password is handed over and forgotten; the page keeps none. */
import { useState, type FormEvent } from 'react';
import { Button, Field, Input, Link, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useCommand } from '../state/command.ts';
import { ProblemMessage } from './ProblemMessage.tsx';
import { problemText } from './words.ts';

const useStyles = makeStyles({
  form: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    padding: '24px',
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow4,
  },
  bare: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  server: { display: 'flex', flexWrap: 'wrap', gap: '4px 12px', color: tokens.colorNeutralForeground3 },
  url: { overflowWrap: 'anywhere', color: tokens.colorNeutralForeground1 },
  actions: { marginTop: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
});

interface Props {
  readonly serverUrl: string;
  /** Lets the person choose another server; absent where the account is already known. */
  readonly onOtherServer?: () => void;
  /** The address already known, for signing in again. */
  readonly email?: string;
  readonly bare?: boolean;
  readonly onDone?: () => void;
}

export function SignInForm({ serverUrl, onOtherServer, email: known = '', bare = false, onDone }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const signIn = useCommand('session.signIn');
  const field = signIn.problem?.field;
  const complete = email.trim() !== '' && password !== '';

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!complete) return;
    const reply = await signIn.run({ email: email.trim(), password });
    if (reply?.ok === true) onDone?.();
  };
  const wrong = (name: string) =>
    field === name && signIn.problem !== null ? { validationMessage: problemText(t, signIn.problem) } : {};

  return (
    <form
      className={bare ? styles.bare : styles.form}
      aria-label={t('signIn.title')}
      onSubmit={(event) => void submit(event)}
      noValidate
    >
      <div className={styles.server}>
        <Text>
          {t('signIn.server')} <span className={styles.url}>{serverUrl}</span>
        </Text>
        {onOtherServer !== undefined && (
          <Link as="button" type="button" onClick={onOtherServer}>
            {t('signIn.otherServer')}
          </Link>
        )}
      </div>
      <Field label={t('signIn.email')} {...wrong('email')}>
        <Input
          type="email"
          autoComplete="username"
          spellCheck={false}
          value={email}
          onChange={(_, data) => {
            setEmail(data.value);
            signIn.clear();
          }}
        />
      </Field>
      <Field label={t('signIn.password')} {...wrong('password')}>
        <Input
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(_, data) => {
            setPassword(data.value);
            signIn.clear();
          }}
        />
      </Field>
      {signIn.problem !== null && field !== 'email' && field !== 'password' && (
        <ProblemMessage problem={signIn.problem} />
      )}
      <div className={styles.actions}>
        <Button
          type="submit"
          appearance="primary"
          disabled={signIn.busy || !complete}
          {...(signIn.busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
        >
          {signIn.busy ? t('signIn.busy') : t('signIn.action')}
        </Button>
      </div>
    </form>
  );
}
