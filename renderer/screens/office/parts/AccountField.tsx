/** Finds an account by a part of its name or by its whole address. What is typed and not chosen chooses nobody. */
import { Combobox, makeStyles, Option, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useFinding } from '../../../parts/useFinding.ts';
import { problemText } from '../../../parts/words.ts';
import { useAnswer } from '../../../state/ask.ts';

const foundMax = 20;

const useStyles = makeStyles({
  field: { minWidth: '0', '& input': { minWidth: 0, width: '100%' } },
  filter: { minWidth: '168px', width: '168px' },
  quiet: { color: tokens.colorNeutralForeground3, display: 'block' },
});

export interface ChosenAccount {
  readonly id: string;
  readonly name: string;
}

interface Props {
  readonly label: string;
  readonly chosen: ChosenAccount | null;
  readonly onChoose: (account: ChosenAccount | null) => void;
  /** In a filter bar rather than in a form. */
  readonly filter?: boolean;
}

export function AccountField({ label, chosen, onChoose, filter = false }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { sought, field } = useFinding(chosen);
  const { body, problem } = useAnswer(
    'accounts',
    sought === null ? null : { query: { limit: foundMax, ...(sought === '' ? {} : { text: sought }) } },
  );
  const found = body?.items ?? [];
  const choose = (id: string | undefined): void => {
    const account = found.find((one) => one.id === id);
    onChoose(account === undefined ? null : { id: account.id, name: account.name });
  };
  return (
    <Combobox
      {...field(choose)}
      className={filter ? `${styles.field} ${styles.filter}` : styles.field}
      aria-label={label}
      placeholder={filter ? label : t('office.frame.accountHint')}
    >
      {found.map(({ id, name, email, role }) => (
        <Option key={id} value={id} text={name}>
          <span>
            {name}
            <Text size={200} className={styles.quiet}>
              {t('office.frame.accountLine', { email, role: t(`role.${role}`) })}
            </Text>
          </span>
        </Option>
      ))}
      {found.length === 0 && (
        <Option disabled value="-" text="">
          {problem !== null
            ? problemText(t, problem)
            : body === null
              ? t('common.loading')
              : t('office.frame.noAccount')}
        </Option>
      )}
    </Combobox>
  );
}
