/** The operator's screens but the first, as the one file that Face.tsx fetches once that one stands. */
export { Campaigns } from '../campaigns/Campaigns.tsx';
export { History } from '../history/History.tsx';
export { Membership } from '../membership/Membership.tsx';
export { Outbox } from '../outbox/Outbox.tsx';
export { Pricing } from '../pricing/Pricing.tsx';
export { Settings } from '../settings/Settings.tsx';
