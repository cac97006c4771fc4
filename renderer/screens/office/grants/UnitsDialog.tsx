/**
 * Gives an account units, or takes units back. An id is made once and kept for a repeated try, so that a click too many
 * gives nothing twice. Both are acts of finance, each asked for in this one place.
 */
import { useState } from 'react';
import { Field, Input, Select, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import { GrantSource } from '../../../../shared/api.ts';
import { PositiveUnits } from '../../../../shared/api-selling.ts';
import { AccountField, type ChosenAccount } from '../parts/AccountField.tsx';
import { useAssetName } from '../parts/AssetAmount.tsx';
import { useUnitAssets } from '../parts/names.ts';
import { ReasonDialog } from '../parts/ReasonDialog.tsx';
import { useAct, type Outcome } from '../parts/useAct.ts';

interface Props {
  readonly what: 'give' | 'take';
  readonly onDone: (outcome: Outcome) => void;
  readonly onClose: () => void;
}

export function UnitsDialog({ what, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const [id] = useState(() => uuidv7());
  const [account, setAccount] = useState<ChosenAccount | null>(null);
  const [asset, setAsset] = useState('POINT');
  const [typed, setTyped] = useState('');
  const [source, setSource] = useState<GrantSource>('compensation');
  const [tried, setTried] = useState(false);
  const assets = useUnitAssets();
  const assetName = useAssetName();
  const give = useAct('grant');
  const take = useAct('adjust');
  const { busy, problem } = what === 'give' ? give : take;
  const amount = typed.replace(/[\s,，]/g, '');
  const rightAmount = PositiveUnits.safeParse(amount).success;
  const confirm = async (reason: string): Promise<void> => {
    if (account === null || !rightAmount) return;
    const of = { id, accountId: account.id, asset };
    const came =
      what === 'give'
        ? await give.run({ body: { ...of, amount, source, note: reason } })
        : await take.run({ body: { ...of, amount: `-${amount}`, reason } });
    if (came !== null) onDone(came);
  };
  return (
    <ReasonDialog
      title={t(what === 'give' ? 'office.grants.giveTitle' : 'office.grants.takeTitle')}
      confirm={t(what === 'give' ? 'office.grants.give' : 'office.grants.take')}
      busy={busy}
      problem={problem}
      onTry={() => setTried(true)}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t(what === 'give' ? 'office.grants.giveMeans' : 'office.grants.takeMeans')}</Text>
      <Field
        label={t('office.accounts.one')}
        required
        {...(tried && account === null ? { validationMessage: t('office.grants.chooseAccount') } : {})}
      >
        <AccountField label={t('office.accounts.one')} chosen={account} onChoose={setAccount} />
      </Field>
      <Field label={t('office.catalogue.asset')} required>
        <Select value={asset} onChange={(_, { value }) => setAsset(value)}>
          {assets.map((one) => (
            <option key={one} value={one}>
              {assetName(one)}
            </option>
          ))}
        </Select>
      </Field>
      <Field
        label={t('office.catalogue.amount')}
        required
        {...(tried && !rightAmount ? { validationMessage: t('office.document.wrong.units') } : {})}
      >
        <Input inputMode="numeric" value={typed} onChange={(_, data) => setTyped(data.value)} />
      </Field>
      {what === 'give' && (
        <Field label={t('office.grants.source')}>
          <Select
            value={source}
            onChange={(_, data) => setSource(GrantSource.options.find((one) => one === data.value) ?? source)}
          >
            {GrantSource.options.map((one) => (
              <option key={one} value={one}>
                {t(`office.grants.from.${one}`)}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </ReasonDialog>
  );
}
