/** Narrows the history to one campaign, found by a part of its name. What is typed and not chosen narrows nothing. */
import { useEffect, useState } from 'react';
import { Combobox, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Campaign } from '../../../shared/ipc-campaigns.ts';
import { invoke } from '../../bridge.ts';
import { useCampaignName } from '../../parts/useCampaignName.ts';
import { useFinding } from '../../parts/useFinding.ts';

const foundMax = 20;

interface Props {
  readonly className: string;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

export function CampaignFilter({ className, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const name = useCampaignName(chosen);
  const { sought, field } = useFinding(chosen === undefined ? null : { id: chosen, name: name ?? '' });
  const [found, setFound] = useState<readonly Campaign[]>([]);

  useEffect(() => {
    if (sought === null) return undefined;
    let wanted = true;
    const find = async (): Promise<void> => {
      const reply = await invoke('campaign.find', { text: sought, limit: foundMax });
      if (wanted && reply.ok) setFound(reply.output.items);
    };
    void find();
    return () => {
      wanted = false;
    };
  }, [sought]);

  return (
    <Combobox
      {...field(onChoose)}
      className={className}
      aria-label={t('history.campaign')}
      placeholder={t('history.allCampaigns')}
    >
      {found.map((campaign) => (
        <Option key={campaign.id} value={campaign.id} text={campaign.name}>
          {campaign.name}
        </Option>
      ))}
    </Combobox>
  );
}
