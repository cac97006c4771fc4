/** The campaigns' three places: the list, a new one, and one that is open. It only chooses between them. */
import { useNavigation } from '../../state/navigation.ts';
import { CampaignList } from './CampaignList.tsx';
import { CampaignView } from './CampaignView.tsx';
import { NewCampaign } from './NewCampaign.tsx';

export function Campaigns() {
  const place = useNavigation((state) => state.campaigns);
  if (place.kind === 'one') return <CampaignView id={place.id} />;
  return place.kind === 'new' ? <NewCampaign /> : <CampaignList />;
}
