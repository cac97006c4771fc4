/** The name of a campaign by its id. The mirror knows the newest ones; an older one is asked for once. */
import { useEffect } from 'react';
import { invoke } from '../bridge.ts';
import { noteCampaign, useDesk } from '../state/mirror.ts';

/** Undefined without an id; the id itself for a campaign of another desk. */
export function useCampaignName(id: string | undefined): string | undefined {
  const name = useDesk(({ campaigns }) => campaigns.find((one) => one.id === id)?.name);
  const isMissing = id !== undefined && name === undefined;
  useEffect(() => {
    if (!isMissing) return;
    const read = async (): Promise<void> => {
      const reply = await invoke('campaign.get', { id });
      if (reply.ok) noteCampaign(reply.output);
    };
    void read();
  }, [id, isMissing]);
  return name ?? id;
}
