/** One difference: what each side has of it, beside each other, and what finance makes of it. */
import { useState } from 'react';
import {
  Button,
  Field,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import type { Difference } from '../../../../shared/api-reconciliation.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useMirror } from '../../../state/mirror.ts';
import { AccountField, type ChosenAccount } from '../parts/AccountField.tsx';
import { Gap } from '../parts/Gap.tsx';
import { ReasonDialog } from '../parts/ReasonDialog.tsx';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { Sides } from './Sides.tsx';

const useStyles = makeStyles({
  amount: { fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold },
});

interface Props {
  readonly difference: Difference | null;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

type Asked = 'propose' | 'explain' | 'approve' | 'withdraw';

export function DifferenceDrawer({ difference, onChanged, onClose }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Asked | null>(null);
  const mayAct = useMay('proposeForDifference');
  const ended = (): void => {
    setAsking(null);
    onChanged();
  };
  const stop = (): void => setAsking(null);
  return (
    <DetailDrawer
      shown={difference}
      wide
      title={(of) =>
        `${t(`office.reconciliation.kind.${of.kind}`)} · ${t(`office.reconciliation.class.${of.class}`)}`
      }
      actions={difference !== null && mayAct && <Acts difference={difference} onAsk={setAsking} />}
      asking={
        <>
          {difference !== null && asking === 'propose' && (
            <ProposeDialog difference={difference} onDone={ended} onClose={stop} />
          )}
          {difference !== null && asking === 'explain' && (
            <ExplainDialog difference={difference} onDone={ended} onClose={stop} />
          )}
          {difference !== null && (asking === 'approve' || asking === 'withdraw') && (
            <DecideDialog difference={difference} how={asking} onDone={ended} onClose={stop} />
          )}
        </>
      }
      onClose={onClose}
    >
      {(of) => <Detail difference={of} />}
    </DetailDrawer>
  );
}

function Acts({
  difference,
  onAsk,
}: {
  readonly difference: Difference;
  readonly onAsk: (asked: Asked) => void;
}) {
  const { t } = useTranslation();
  const me = useMirror(({ desk }) => desk?.session.account?.id);
  const { state, offers, proposal } = difference;
  if (state === 'open')
    return (
      <>
        {offers !== undefined && (
          <Button appearance="primary" onClick={() => onAsk('propose')}>
            {t(`office.reconciliation.propose.${offers}`)}
          </Button>
        )}
        <Button onClick={() => onAsk('explain')}>{t('office.reconciliation.explain')}</Button>
      </>
    );
  if (state !== 'proposed') return null;
  if (proposal?.by === me)
    return (
      <>
        <Button onClick={() => onAsk('withdraw')}>{t('office.reconciliation.withdraw')}</Button>
        <Text>{t('office.approvals.mine')}</Text>
      </>
    );
  return (
    <Button appearance="primary" onClick={() => onAsk('approve')}>
      {t('office.reconciliation.approve')}
    </Button>
  );
}

function Detail({ difference }: { readonly difference: Difference }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { state, agreedAt, accountName, corrected, reason, decidedAt, decidedByName, proposal } = difference;
  return (
    <>
      {state === 'open' && agreedAt !== undefined && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{t('office.reconciliation.agrees')}</MessageBarBody>
        </MessageBar>
      )}
      <Text>{t(`office.reconciliation.means.${difference.class}`)}</Text>
      <Facts
        facts={[
          {
            name: t('office.reconciliation.gap'),
            value: <Gap value={difference.amount} className={styles.amount} />,
          },
          ...(corrected === undefined
            ? []
            : [{ name: t('office.reconciliation.corrected'), value: <Gap value={corrected} /> }]),
          { name: t('column.state'), value: t(`office.reconciliation.state.${state}`) },
          { name: t('office.reconciliation.at'), value: format.dateTime(difference.at) },
          ...(accountName === undefined
            ? []
            : [{ name: t('office.reconciliation.account'), value: accountName }]),
          {
            name: t('office.reconciliation.subject'),
            value: <CopyText text={difference.subject} name={t('office.reconciliation.subject')} />,
          },
          { name: t('office.reconciliation.foundAt'), value: format.dateTime(difference.foundAt) },
          ...(proposal === undefined
            ? []
            : [
                {
                  name: t('office.reconciliation.proposal'),
                  value: t('office.reconciliation.proposedBy', {
                    what: t(`office.reconciliation.propose.${proposal.kind}`),
                    who: proposal.byName,
                    at: format.dateTime(proposal.at),
                  }),
                },
              ]),
          ...(reason === undefined ? [] : [{ name: t('office.frame.reason'), value: reason }]),
          ...(decidedAt === undefined
            ? []
            : [
                {
                  name: t('office.reconciliation.decided'),
                  value: t('office.approvals.byAt', {
                    who: decidedByName ?? '',
                    at: format.dateTime(decidedAt),
                  }),
                },
              ]),
        ]}
      />
      <Sides difference={difference} />
    </>
  );
}

interface ActProps {
  readonly difference: Difference;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function ProposeDialog({ difference, onDone, onClose }: ActProps) {
  const { t } = useTranslation();
  const act = useAct('proposeForDifference');
  // Kept for a repeated try: the server knows the proposal by it.
  const [id] = useState(() => uuidv7());
  const [account, setAccount] = useState<ChosenAccount | null>(null);
  const [tried, setTried] = useState(false);
  const needsAccount = difference.accountId === undefined;
  const offers = difference.offers ?? 'adjustment';
  const missing = needsAccount && account === null;
  const confirm = async (reason: string): Promise<void> => {
    if (missing) return;
    const whose = account === null ? {} : { accountId: account.id };
    if ((await act.run({ params: { id: difference.id }, body: { id, reason, ...whose } })) !== null) onDone();
  };
  return (
    <ReasonDialog
      title={t(`office.reconciliation.propose.${offers}`)}
      confirm={t('office.reconciliation.submit')}
      busy={act.busy}
      problem={act.problem}
      onTry={() => setTried(true)}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t(`office.reconciliation.proposeMeans.${offers}`)}</Text>
      {offers === 'adjustment' && (
        <Facts
          facts={[
            {
              name: t('office.reconciliation.willMove'),
              value: <Gap value={difference.left} />,
              strong: true,
            },
          ]}
        />
      )}
      {needsAccount && (
        <Field
          label={t('office.reconciliation.whose')}
          required
          {...(tried && missing ? { validationMessage: t('office.grants.chooseAccount') } : {})}
        >
          <AccountField label={t('office.reconciliation.whose')} chosen={account} onChoose={setAccount} />
        </Field>
      )}
    </ReasonDialog>
  );
}

function ExplainDialog({ difference, onDone, onClose }: ActProps) {
  const { t } = useTranslation();
  const act = useAct('explainDifference');
  const confirm = async (reason: string): Promise<void> => {
    if ((await act.run({ params: { id: difference.id }, body: { reason } })) !== null) onDone();
  };
  return (
    <ReasonDialog
      title={t('office.reconciliation.explainTitle')}
      confirm={t('office.reconciliation.explain')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t('office.reconciliation.explainMeans')}</Text>
    </ReasonDialog>
  );
}

function DecideDialog({
  difference,
  how,
  onDone,
  onClose,
}: ActProps & { readonly how: 'approve' | 'withdraw' }) {
  const { t } = useTranslation();
  const approve = useAct('approveForDifference');
  const withdraw = useAct('withdrawForDifference');
  const act = how === 'approve' ? approve : withdraw;
  const kind = difference.proposal?.kind ?? 'adjustment';
  const confirm = async (): Promise<void> => {
    if ((await act.run({ params: { id: difference.id } })) !== null) onDone();
  };
  return (
    <AskDialog
      open
      title={t(
        how === 'approve' ? 'office.reconciliation.approveTitle' : 'office.reconciliation.withdrawTitle',
      )}
      confirm={t(how === 'approve' ? 'office.reconciliation.approve' : 'office.reconciliation.withdraw')}
      cancel={t('common.cancel')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Text>{t(`office.reconciliation.proposeMeans.${kind}`)}</Text>
      <Facts
        facts={[
          kind === 'adjustment'
            ? {
                name: t('office.reconciliation.willMove'),
                value: <Gap value={difference.left} />,
                strong: true,
              }
            : {
                name: t('office.reconciliation.gap'),
                value: <Gap value={difference.amount} />,
                strong: true,
              },
          { name: t('office.frame.reason'), value: difference.reason ?? '' },
        ]}
      />
    </AskDialog>
  );
}
