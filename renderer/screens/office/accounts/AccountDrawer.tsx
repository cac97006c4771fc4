/** One account: who it is, what it has of each asset, and what may be done with it. */
import { useState } from 'react';
import {
  Button,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Select,
  Skeleton,
  SkeletonItem,
  Spinner,
  Subtitle2,
  Text,
  tokens,
} from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { AccountDetail } from '../../../../shared/api-office.ts';
import { personalRowsMax } from '../../../../shared/api-personal.ts';
import { MemberLevel } from '../../../../shared/api-words.ts';
import { withoutTurns } from '../../../format.ts';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { ExportLine } from '../../../parts/ExportLine.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { ProblemMessage, RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';
import { AssetAmount, useAssetName } from '../parts/AssetAmount.tsx';
import { OutcomeBar } from '../parts/OutcomeBar.tsx';
import { ReasonDialog } from '../parts/ReasonDialog.tsx';
import { useAct, type Outcome } from '../parts/useAct.ts';
import { useMay } from '../parts/useMay.ts';
import { isErased, StandingBadge } from './StandingBadge.tsx';
import { usePersonExport, type PersonExport } from './usePersonExport.ts';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  heading: { margin: 0 },
  waiting: { display: 'flex', flexDirection: 'column', gap: '12px' },
});

interface Props {
  readonly id: string | null;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

export function AccountDrawer({ id, onChanged, onClose }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { body, problem, readAgain } = useAnswer('accountById', id === null ? null : { params: { id } });
  const [asking, setAsking] = useState<'freeze' | 'level' | 'erase' | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  // The answer before is another account's until the new one is there.
  const account = body?.id === id ? body : null;
  const mayFreeze = useMay('freezeAccount');
  const mayLevel = useMay('setMemberLevel');
  const mayHandOut = useMay('personalData');
  const mayErase = useMay('erasePersonalData');
  const handingOut = usePersonExport(account?.id ?? null);
  const ended = (came: Outcome): void => {
    setAsking(null);
    setOutcome(came);
    readAgain();
    onChanged();
  };
  const close = (): void => {
    setOutcome(null);
    handingOut.clear();
    onClose();
  };
  return (
    <DetailDrawer
      shown={id}
      title={() => account?.name ?? t('office.accounts.one')}
      actions={
        account !== null && (
          <>
            {mayFreeze && (
              <Button onClick={() => setAsking('freeze')}>
                {t(account.frozen ? 'office.accounts.unfreeze' : 'office.accounts.freeze')}
              </Button>
            )}
            {mayLevel && <Button onClick={() => setAsking('level')}>{t('office.accounts.setLevel')}</Button>}
            {mayHandOut && (
              <Button
                icon={
                  handingOut.busy ? <Spinner size="extra-tiny" aria-hidden /> : <ArrowDownload20Regular />
                }
                disabledFocusable={handingOut.busy}
                onClick={() => void handingOut.run()}
              >
                {t('office.accounts.handOut')}
              </Button>
            )}
            {mayErase && !isErased(account) && (
              <Button onClick={() => setAsking('erase')}>{t('office.accounts.erase')}</Button>
            )}
          </>
        )
      }
      asking={
        <>
          {account !== null && asking === 'freeze' && (
            <FreezeDialog account={account} onDone={ended} onClose={() => setAsking(null)} />
          )}
          {account !== null && asking === 'level' && (
            <LevelDialog account={account} onDone={ended} onClose={() => setAsking(null)} />
          )}
          {account !== null && asking === 'erase' && (
            <EraseDialog account={account} onDone={ended} onClose={() => setAsking(null)} />
          )}
        </>
      }
      onClose={close}
    >
      {() => (
        <>
          {outcome !== null && (
            <OutcomeBar
              outcome={outcome}
              done={t('office.accounts.changed')}
              onDismiss={() => setOutcome(null)}
            />
          )}
          <HandedOut {...handingOut} />
          {problem !== null && <RetryMessage problem={problem} onRetry={readAgain} />}
          {account === null && problem === null && (
            <Skeleton aria-label={t('common.loading')} className={styles.waiting}>
              {[1, 2, 3, 4].map((line) => (
                <SkeletonItem key={line} size={16} />
              ))}
            </Skeleton>
          )}
          {account !== null && <Detail account={account} />}
        </>
      )}
    </DetailDrawer>
  );
}

/** The file, here as well: what lies along the window's edge can't be reached while a drawer is open. */
function HandedOut({ problem, state, cutShort, clear }: PersonExport) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      {problem !== null && <ProblemMessage problem={problem} onDismiss={clear} />}
      {state !== null && <ExportLine state={state} />}
      {cutShort.length > 0 && (
        <MessageBar intent="warning" layout="multiline" role="status">
          <MessageBarBody>
            {t('office.accounts.cutShort', {
              rows: format.count(personalRowsMax),
              tables: cutShort.join(', '),
            })}
          </MessageBarBody>
        </MessageBar>
      )}
    </>
  );
}

function Detail({ account }: { readonly account: AccountDetail }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const assetName = useAssetName();
  return (
    <>
      <Facts
        facts={[
          {
            name: t('column.state'),
            value: <StandingBadge account={account} />,
          },
          ...(isErased(account)
            ? []
            : [
                {
                  name: t('office.accounts.email'),
                  value: <CopyText text={account.email} name={t('office.accounts.email')} />,
                },
              ]),
          { name: t('office.accounts.role'), value: t(`role.${account.role}`) },
          { name: t('office.accounts.level'), value: t(`member.${account.memberLevel}`) },
          { name: t('office.accounts.timeZone'), value: account.timeZone },
          { name: t('column.created'), value: format.dateTime(account.createdAt) },
          {
            name: t('office.accounts.id'),
            value: <CopyText text={account.id} name={t('office.accounts.id')} />,
          },
        ]}
      />
      <div className={styles.part}>
        <Subtitle2 as="h3" className={styles.heading}>
          {t('office.accounts.assets')}
        </Subtitle2>
        {account.wallets.length === 0 ? (
          <Text>{t('office.accounts.noAssets')}</Text>
        ) : (
          <Facts
            facts={account.wallets.map(({ asset, balance, held }) => ({
              name: assetName(asset),
              value: (
                <>
                  <AssetAmount asset={asset} amount={balance} />
                  {!/^-?0(?:\.0+)?$/.test(held) && (
                    <>
                      {' · '}
                      {t('balance.held')} <AssetAmount asset={asset} amount={held} />
                    </>
                  )}
                </>
              ),
            }))}
          />
        )}
      </div>
    </>
  );
}

interface ActProps {
  readonly account: AccountDetail;
  readonly onDone: (outcome: Outcome) => void;
  readonly onClose: () => void;
}

function FreezeDialog({ account, onDone, onClose }: ActProps) {
  const { t } = useTranslation();
  const act = useAct('freezeAccount');
  const frozen = !account.frozen;
  const confirm = async (reason: string): Promise<void> => {
    const came = await act.run({ params: { id: account.id }, body: { frozen, reason } });
    if (came !== null) onDone(came);
  };
  return (
    <ReasonDialog
      title={t(frozen ? 'office.accounts.freezeTitle' : 'office.accounts.unfreezeTitle', {
        name: account.name,
      })}
      confirm={t(frozen ? 'office.accounts.freeze' : 'office.accounts.unfreeze')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t(frozen ? 'office.accounts.freezeMeans' : 'office.accounts.unfreezeMeans')}</Text>
    </ReasonDialog>
  );
}

/** It cannot be taken back: who asks for it writes whose it is. */
function EraseDialog({ account, onDone, onClose }: ActProps) {
  const { t } = useTranslation();
  const act = useAct('erasePersonalData');
  const [name, setName] = useState('');
  const confirm = async (reason: string): Promise<void> => {
    const came = await act.run({ params: { id: account.id }, body: { reason } });
    if (came !== null) onDone(came);
  };
  return (
    <ReasonDialog
      title={t('office.accounts.eraseTitle', { name: account.name })}
      confirm={t('office.accounts.erase')}
      busy={act.busy}
      // As it is shown: nobody can write what can't be seen.
      disabled={withoutTurns(name).trim() !== withoutTurns(account.name).trim()}
      problem={act.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t('office.accounts.eraseMeans')}</Text>
      <Field label={t('office.accounts.eraseName', { name: account.name })} required>
        <Input value={name} onChange={(_, data) => setName(data.value)} autoComplete="off" />
      </Field>
    </ReasonDialog>
  );
}

function LevelDialog({ account, onDone, onClose }: ActProps) {
  const { t } = useTranslation();
  const act = useAct('setMemberLevel');
  const [level, setLevel] = useState(account.memberLevel);
  const confirm = async (reason: string): Promise<void> => {
    const came = await act.run({ params: { id: account.id }, body: { memberLevel: level, reason } });
    if (came !== null) onDone(came);
  };
  return (
    <ReasonDialog
      title={t('office.accounts.levelTitle', { name: account.name })}
      confirm={t('office.accounts.setLevel')}
      busy={act.busy}
      disabled={level === account.memberLevel}
      problem={act.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Field label={t('office.accounts.level')} hint={t('office.accounts.levelMeans')}>
        <Select
          value={level}
          onChange={(_, data) => setLevel(MemberLevel.options.find((one) => one === data.value) ?? level)}
        >
          {MemberLevel.options.map((one) => (
            <option key={one} value={one}>
              {t(`member.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
    </ReasonDialog>
  );
}
