/** One request: what it will do, in money, who asked and why, and deciding on it by somebody else than who asked. */
import { useEffect, useRef, useState } from 'react';
import { Button, makeStyles, Skeleton, SkeletonItem, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Approval } from '../../../../shared/api-approvals.ts';
import { cny } from '../../../../shared/assets.ts';
import { AskDialog } from '../../../parts/AskDialog.tsx';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts, type Fact } from '../../../parts/Facts.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';
import { useMirror } from '../../../state/mirror.ts';
import { AssetAmount, useAssetName } from '../parts/AssetAmount.tsx';
import { jsonLines } from '../parts/json-lines.ts';
import { JsonLines } from '../parts/JsonLines.tsx';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { ReasonDialog } from '../parts/ReasonDialog.tsx';
import { useAct } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { StateBadge } from './StateBadge.tsx';

const useStyles = makeStyles({
  waiting: { display: 'flex', flexDirection: 'column', gap: '12px' },
  outcome: { outlineStyle: 'none' },
});

type Decision = 'approve' | 'refuse' | 'withdraw';

interface Props {
  readonly id: string | null;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

export function ApprovalDrawer({ id, onChanged, onClose }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { body, problem, readAgain } = useAnswer('approval', id === null ? null : { params: { id } });
  const [asking, setAsking] = useState<Decision | null>(null);
  const [decided, setDecided] = useState<Decision | null>(null);
  // The answer before is another request's until the new one is there.
  const approval = body?.id === id ? body : null;
  const me = useMirror(({ desk }) => desk?.session.account?.id);
  const may = useMay('approveRequest');
  const mine = approval?.askedBy === me;
  const outcome = useRef<HTMLDivElement>(null);
  const state = approval?.state;
  useEffect(() => {
    // The button that was pressed goes with what it decided; what came of it takes the focus, or the drawer had none.
    if (decided !== null && state !== 'waiting') outcome.current?.focus();
  }, [decided, state]);
  const ended = (how: Decision): void => {
    setAsking(null);
    setDecided(how);
    readAgain();
    onChanged();
  };
  const close = (): void => {
    setDecided(null);
    onClose();
  };
  return (
    <DetailDrawer
      wide
      shown={id}
      title={() =>
        approval === null ? t('office.approvals.one') : t(`office.approvals.act.${approval.act}`)
      }
      actions={
        may &&
        approval?.state === 'waiting' &&
        (mine ? (
          <>
            <Button onClick={() => setAsking('withdraw')}>{t('office.approvals.withdraw')}</Button>
            <Text>{t('office.approvals.mine')}</Text>
          </>
        ) : (
          <>
            <Button appearance="primary" onClick={() => setAsking('approve')}>
              {t('office.approvals.approve')}
            </Button>
            <Button onClick={() => setAsking('refuse')}>{t('office.approvals.refuse')}</Button>
          </>
        ))
      }
      asking={
        <>
          {approval !== null && asking === 'approve' && (
            <Confirming
              approval={approval}
              endpoint="approveRequest"
              words={{
                title: t('office.approvals.approveTitle'),
                means: t('office.approvals.approveMeans'),
                confirm: t('office.approvals.approve'),
              }}
              onDone={() => ended('approve')}
              onClose={() => setAsking(null)}
            />
          )}
          {approval !== null && asking === 'withdraw' && (
            <Confirming
              approval={approval}
              endpoint="withdrawRequest"
              words={{
                title: t('office.approvals.withdrawTitle'),
                means: t('office.approvals.withdrawMeans'),
                confirm: t('office.approvals.withdraw'),
              }}
              onDone={() => ended('withdraw')}
              onClose={() => setAsking(null)}
            />
          )}
          {approval !== null && asking === 'refuse' && (
            <Refusing approval={approval} onDone={() => ended('refuse')} onClose={() => setAsking(null)} />
          )}
        </>
      }
      onClose={close}
    >
      {() => (
        <>
          {decided !== null && (
            <div ref={outcome} tabIndex={-1} className={styles.outcome}>
              <OutcomeBar
                outcome="done"
                done={t(`office.approvals.after.${decided}`)}
                onDismiss={() => setDecided(null)}
              />
            </div>
          )}
          {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
          {approval === null && problem === null && (
            <Skeleton aria-label={t('common.loading')} className={styles.waiting}>
              {[1, 2, 3, 4].map((line) => (
                <SkeletonItem key={line} size={16} />
              ))}
            </Skeleton>
          )}
          {approval !== null && <Detail approval={approval} />}
        </>
      )}
    </DetailDrawer>
  );
}

/** In money, or units, and whose: what stands first in the detail and again before it is decided. */
function useWhatItDoes(): (approval: Approval) => Fact[] {
  const { t } = useTranslation();
  const assetName = useAssetName();
  return ({ act, asset, amount, aboutName, aboutId, reason }) => [
    // What a provider takes is about no account.
    ...(act === 'acceptCosts'
      ? []
      : [
          {
            name: t('office.approvals.about'),
            value: aboutId === undefined ? t('office.approvals.everybody') : (aboutName ?? aboutId),
          },
        ]),
    ...(asset === undefined || amount === undefined
      ? []
      : [
          {
            // Units go by what they are of; money is an amount of it, and no balance.
            name: asset === cny ? t('column.amount') : assetName(asset),
            value: <AssetAmount signed asset={asset} amount={amount} />,
            strong: true,
          },
        ]),
    ...(reason === undefined ? [] : [{ name: t('column.reason'), value: reason }]),
  ];
}

function Detail({ approval }: { readonly approval: Approval }) {
  const { t } = useTranslation();
  const format = useFormat();
  const whatItDoes = useWhatItDoes();
  const { id, state, askedByName, askedAt, decidedByName, decidedAt, decidedBecause, expiresAt } = approval;
  const { asked, cameTo } = approval;
  const history: Fact[] = [
    { name: t('column.state'), value: <StateBadge state={state} /> },
    {
      name: t('office.approvals.asked'),
      value: t('office.approvals.byAt', { who: askedByName, at: format.dateTime(askedAt) }),
    },
    ...(decidedByName === undefined || decidedAt === undefined || state === 'waiting'
      ? []
      : [
          {
            name: t(`office.approvals.state.${state}`),
            value: t('office.approvals.byAt', { who: decidedByName, at: format.dateTime(decidedAt) }),
          },
        ]),
    // It has expired at the same moment.
    ...(expiresAt === undefined || (state !== 'waiting' && state !== 'expired')
      ? []
      : [{ name: t('office.approvals.expiresAt'), value: format.dateTime(expiresAt) }]),
    ...(decidedBecause === undefined ? [] : [{ name: t('office.approvals.because'), value: decidedBecause }]),
    { name: t('office.approvals.id'), value: <CopyText text={id} name={t('office.approvals.id')} /> },
  ];
  return (
    <>
      <Facts facts={whatItDoes(approval)} />
      <Facts facts={history} />
      {approval.act !== 'adjust' && (
        <JsonLines title={t('office.approvals.askedFor')} lines={jsonLines(rest(asked))} />
      )}
      <JsonLines title={t('office.approvals.cameTo')} lines={jsonLines(cameTo)} />
    </>
  );
}

/** What is asked for beyond what stands above it in words. */
function rest(asked: unknown): unknown {
  if (typeof asked !== 'object' || asked === null) return asked;
  return Object.fromEntries(Object.entries(asked).filter(([name]) => !toldAbove.has(name)));
}

const toldAbove = new Set(['id', 'accountId', 'asset', 'amount', 'reason', 'note']);

/** The same with what kind of act it is, where no heading says so. */
function WhatItDoes({ approval }: { readonly approval: Approval }) {
  const { t } = useTranslation();
  const whatItDoes = useWhatItDoes();
  const act = { name: t('office.approvals.what'), value: t(`office.approvals.act.${approval.act}`) };
  return <Facts facts={[act, ...whatItDoes(approval)]} />;
}

interface DecidingProps {
  readonly approval: Approval;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

interface ConfirmingProps extends DecidingProps {
  readonly endpoint: 'approveRequest' | 'withdrawRequest';
  readonly words: { readonly title: string; readonly means: string; readonly confirm: string };
}

function Confirming({ approval, endpoint, words, onDone, onClose }: ConfirmingProps) {
  const { t } = useTranslation();
  const act = useAct(endpoint);
  const confirm = async (): Promise<void> => {
    if ((await act.run({ params: { id: approval.id } })) !== null) onDone();
  };
  return (
    <AskDialog
      open
      title={words.title}
      confirm={words.confirm}
      cancel={t('common.cancel')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <WhatItDoes approval={approval} />
      <Text>{words.means}</Text>
    </AskDialog>
  );
}

function Refusing({ approval, onDone, onClose }: DecidingProps) {
  const { t } = useTranslation();
  const act = useAct('refuseRequest');
  const confirm = async (reason: string): Promise<void> => {
    if ((await act.run({ params: { id: approval.id }, body: { reason } })) !== null) onDone();
  };
  return (
    <ReasonDialog
      title={t('office.approvals.refuseTitle')}
      confirm={t('office.approvals.refuse')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <WhatItDoes approval={approval} />
    </ReasonDialog>
  );
}
