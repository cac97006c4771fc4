/**
 * Where the person is: the screen, what it shows, and the dialogs that any screen may open. It holds no data of
 * the desk.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { z } from 'zod';
import type { Role } from '../../shared/api-words.ts';
import type { ExportFormat, HistoryFilter } from '../../shared/ipc-history.ts';
import { subscribe } from '../bridge.ts';
import { useRole } from './mirror.ts';

export const screens = [
  'balance',
  'campaigns',
  'pricing',
  'history',
  'outbox',
  'membership',
  'settings',
  'office',
] as const;
export type Screen = (typeof screens)[number];

/** The back office is for those who run the business, not for those who use it. */
export function hasOffice(role: Role | undefined): boolean {
  return role !== undefined && role !== 'operator';
}

/** The screens of whoever is signed in, in the order of their keys. */
export function screensOf(role: Role | undefined): readonly Screen[] {
  return hasOffice(role) ? screens : screens.filter((screen) => screen !== 'office');
}

/** What of one's own the membership screen shows. */
export const membershipTabs = ['plan', 'points', 'usage'] as const;
export type MembershipTab = (typeof membershipTabs)[number];

export type CampaignPlace =
  | { readonly kind: 'list' }
  | { readonly kind: 'new' }
  | { readonly kind: 'one'; readonly id: string };

interface Navigation {
  /** Null until one is chosen: the one that the role begins with. */
  readonly screen: Screen | null;
  readonly campaigns: CampaignPlace;
  readonly membership: MembershipTab;
  /** The export dialog: what it would write; null when closed. */
  readonly exporting: {
    readonly filter: HistoryFilter;
    readonly format: z.infer<typeof ExportFormat>;
  } | null;
  readonly recharging: boolean;
  readonly signingIn: boolean;
  /** What the keyboard alone opens over any screen. */
  readonly overlay: 'palette' | 'shortcuts' | null;
}

export const navigation = createStore<Navigation>(() => ({
  screen: null,
  campaigns: { kind: 'list' },
  membership: 'plan',
  exporting: null,
  recharging: false,
  signingIn: false,
  overlay: null,
}));

export function useNavigation<T>(select: (state: Navigation) => T): T {
  return useStore(navigation, select);
}

/** The screen that shows. Who runs the business has no money of their own to look at first. */
export function useScreen(): Screen {
  const role = useRole();
  const chosen = useNavigation((state) => state.screen);
  if (chosen !== null && screensOf(role).includes(chosen)) return chosen;
  return hasOffice(role) ? 'office' : 'balance';
}

/** Opens a screen; where campaigns and membership were left they are found again. */
export function goTo(screen: Screen): void {
  navigation.setState({ screen });
}

export function goToCampaigns(campaigns: CampaignPlace): void {
  navigation.setState({ screen: 'campaigns', campaigns });
}

export function goToMembership(membership: MembershipTab): void {
  navigation.setState({ screen: 'membership', membership });
}

/** Opens a screen from the navigation pane: the campaigns' list, when it is chosen while it is open. */
export function chooseScreen(screen: Screen): void {
  const open = navigation.getState();
  if (screen === 'campaigns' && open.screen === 'campaigns')
    navigation.setState({ campaigns: { kind: 'list' } });
  else navigation.setState({ screen });
}

/** Follows links that were opened outside the page; returns how to stop. */
export function followLinks(): () => void {
  return subscribe('open', (place) => {
    if (place.kind === 'screen') goTo(place.screen);
    else goToCampaigns({ kind: 'one', id: place.id });
  });
}

export function openExport(filter: HistoryFilter, format: z.infer<typeof ExportFormat> = 'xlsx'): void {
  navigation.setState({ exporting: { filter, format } });
}

export function closeExport(): void {
  navigation.setState({ exporting: null });
}

export function showRecharge(recharging: boolean): void {
  navigation.setState({ recharging });
}

export function showSignIn(signingIn: boolean): void {
  navigation.setState({ signingIn });
}

export function showOverlay(overlay: Navigation['overlay']): void {
  navigation.setState({ overlay });
}

/** Back to where a new session starts: nothing of one person's work shows to the next. */
export function resetNavigation(): void {
  navigation.setState(navigation.getInitialState(), true);
}
