/** Says in money what accepting a provider's figures would book, or that disputing them moves nothing, and asks for the reason. */
import { useState } from 'react';
import { Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { v7 as uuidv7 } from 'uuid';
import type { CostDifference } from '../../../../shared/api-bills.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { ReasonDialog } from '../parts/ReasonDialog.tsx';
import { useAct } from '../parts/useAct.ts';
import { useProviders } from '../parts/useProviders.ts';
import { Gap } from '../parts/Gap.tsx';

export type Decision = 'accept' | 'dispute';

interface Props {
  /** Of one provider, at least one. */
  readonly of: readonly CostDifference[];
  readonly how: Decision;
  readonly onDone: (how: Decision) => void;
  readonly onClose: () => void;
}

export function DecideDialog({ of, how, onDone, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { nameOf } = useProviders();
  const accept = useAct('acceptCosts');
  const dispute = useAct('disputeCosts');
  const act = how === 'accept' ? accept : dispute;
  // Kept for a repeated try: the server knows the request by it.
  const [id] = useState(() => uuidv7());
  const [first] = of;
  if (first === undefined) return null;
  const confirm = async (reason: string): Promise<void> => {
    const figures = of.map(({ day, item, theirs, ours }) => ({
      day,
      item,
      theirs: theirs.amount,
      ours: ours.amount,
    }));
    const done = await act.run({ body: { id, provider: first.provider, of: figures, reason } });
    if (done !== null) onDone(how);
  };
  const what =
    of.length === 1
      ? t('office.bills.itemOfDay', { item: first.item, day: format.dayFigures(first.day) })
      : t('office.bills.itemsTogether', { rows: format.count(of.length) });
  return (
    <ReasonDialog
      title={t(`office.bills.ask.${how}`)}
      confirm={t('office.bills.submit')}
      busy={act.busy}
      problem={act.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <Text>{t(`office.bills.means.${how}`)}</Text>
      <Facts
        facts={[
          { name: t('office.bills.provider'), value: nameOf(first.provider) },
          { name: t('office.bills.what'), value: what },
          ...(of.length === 1
            ? [
                { name: t('office.bills.theirs'), value: <Amount value={first.theirs.amount} /> },
                { name: t('office.bills.ours'), value: <Amount value={first.ours.amount} /> },
                {
                  name: t(how === 'accept' ? 'office.bills.willBook' : 'office.bills.gap'),
                  value: <Gap value={first.gap} />,
                  strong: true,
                },
              ]
            : []),
        ]}
      />
    </ReasonDialog>
  );
}
