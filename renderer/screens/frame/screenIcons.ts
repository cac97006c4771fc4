/** The icon of each screen, the same wherever the screen is named. */
import {
  ArrowSync20Filled,
  ArrowSync20Regular,
  Briefcase20Filled,
  Briefcase20Regular,
  bundleIcon,
  PremiumPerson20Filled,
  PremiumPerson20Regular,
  Receipt20Filled,
  Receipt20Regular,
  Settings20Filled,
  Settings20Regular,
  Tag20Filled,
  Tag20Regular,
  TaskListSquareLtr20Filled,
  TaskListSquareLtr20Regular,
  Wallet20Filled,
  Wallet20Regular,
  type FluentIcon,
} from '@fluentui/react-icons';
import type { Screen } from '../../state/navigation.ts';

export const screenIcons: Record<Screen, FluentIcon> = {
  balance: bundleIcon(Wallet20Filled, Wallet20Regular),
  campaigns: bundleIcon(TaskListSquareLtr20Filled, TaskListSquareLtr20Regular),
  pricing: bundleIcon(Tag20Filled, Tag20Regular),
  history: bundleIcon(Receipt20Filled, Receipt20Regular),
  outbox: bundleIcon(ArrowSync20Filled, ArrowSync20Regular),
  membership: bundleIcon(PremiumPerson20Filled, PremiumPerson20Regular),
  settings: bundleIcon(Settings20Filled, Settings20Regular),
  office: bundleIcon(Briefcase20Filled, Briefcase20Regular),
};
