/** Narrows the history to one campaign, found by a part of its name. What is typed and not chosen narrows nothing. */
import { useEffect, useState } from 'react';
import { Combobox, Option } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Campaign } from '../../../shared/ipc.ts';
import { invoke } from '../../bridge.ts';
import { useCampaignName } from '../../parts/useCampaignName.ts';

const foundMax = 20;

interface Props {
  readonly className: string;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

export function CampaignFilter({ className, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const name = useCampaignName(chosen);
  // Null while it is not being typed in: then the field shows what is chosen.
  const [typed, setTyped] = useState<string | null>(null);
  const [found, setFound] = useState<readonly Campaign[]>([]);
  const [open, setOpen] = useState(false);

  useEffect(() => {
    if (!open) return undefined;
    let wanted = true;
    const find = async (): Promise<void> => {
      const reply = await invoke('campaign.find', { text: typed ?? '', limit: foundMax });
      if (wanted && reply.ok) setFound(reply.output.items);
    };
    void find();
    return () => {
      wanted = false;
    };
  }, [open, typed]);

  return (
    <Combobox
      freeform
      clearable
      className={className}
      aria-label={t('history.campaign')}
      placeholder={t('history.allCampaigns')}
      value={typed ?? name ?? ''}
      selectedOptions={chosen === undefined ? [] : [chosen]}
      open={open}
      onOpenChange={(_, data) => setOpen(data.open)}
      onInput={(event) => {
        setTyped(event.currentTarget.value.slice(0, 100));
        setOpen(true);
      }}
      // Enter that ends a word of an input method chooses no campaign.
      onKeyDownCapture={(event) => {
        if (event.nativeEvent.isComposing) event.stopPropagation();
      }}
      onBlur={() => setTyped(null)}
      onOptionSelect={(_, data) => {
        setTyped(null);
        onChoose(data.optionValue);
      }}
    >
      {found.map((campaign) => (
        <Option key={campaign.id} value={campaign.id} text={campaign.name}>
          {campaign.name}
        </Option>
      ))}
    </Combobox>
  );
}
