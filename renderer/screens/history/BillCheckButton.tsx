/** Checks the bill — every row's hash and the server's signature — and says what was checked and what came of it. */
import { useState } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ShieldCheckmark20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { CommandOutput } from '../../../shared/ipc.ts';
import { CopyText } from '../../parts/CopyText.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { InfoDialog } from '../../parts/InfoDialog.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { useCommand } from '../../state/command.ts';

type Check = CommandOutput<'history.verify'>;

const useStyles = makeStyles({
  verdict: { paddingTop: '6px', paddingBottom: '6px' },
  words: { whiteSpace: 'normal' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export function BillCheckButton() {
  const { t } = useTranslation();
  const verify = useCommand('history.verify');
  const [check, setCheck] = useState<Check | null>(null);
  const [open, setOpen] = useState(false);

  const start = async (): Promise<void> => {
    const reply = await verify.run({});
    if (reply === null) return;
    setCheck(reply.ok ? reply.output : null);
    setOpen(true);
  };

  return (
    <>
      <Button
        icon={verify.busy ? <Spinner size="tiny" aria-hidden /> : <ShieldCheckmark20Regular />}
        disabled={verify.busy}
        onClick={() => void start()}
      >
        {verify.busy ? t('billCheck.busy') : t('billCheck.action')}
      </Button>
      <InfoDialog open={open} title={t('billCheck.title')} onClose={() => setOpen(false)}>
        {verify.problem !== null && <ProblemMessage problem={verify.problem} />}
        {check !== null && <Result check={check} />}
      </InfoDialog>
    </>
  );
}

function Result({ check }: { readonly check: Check }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const signature =
    check.signature === null
      ? 'billCheck.signatureMissing'
      : check.signature
        ? 'billCheck.signatureGood'
        : 'billCheck.signatureBad';
  const intent = !check.ok ? 'error' : check.signature === true ? 'success' : 'warning';
  return (
    <>
      <MessageBar intent={intent} layout="singleline" role="status" className={styles.verdict}>
        <MessageBarBody className={styles.words}>
          {check.ok
            ? t(check.signature === true ? 'billCheck.good' : 'billCheck.goodUnsigned')
            : t('billCheck.bad')}
        </MessageBarBody>
      </MessageBar>
      <Facts
        facts={[
          {
            name: t('billCheck.checked'),
            value: t('billCheck.rows', { rows: format.count(check.checkedCount) }),
          },
          {
            name: t('billCheck.chain'),
            value:
              check.firstBadSeq === null
                ? t('billCheck.chainGood')
                : t('billCheck.chainBad', { seq: format.count(check.firstBadSeq) }),
          },
          { name: t('billCheck.signature'), value: t(signature) },
          { name: t('billCheck.head'), value: <CopyText text={check.head} name={t('billCheck.head')} /> },
        ]}
      />
      <Text size={200} className={styles.quiet}>
        {t('billCheck.means')}
      </Text>
    </>
  );
}
