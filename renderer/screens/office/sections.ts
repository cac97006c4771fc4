/**
 * The one table of the back office's sections: in which group each stands, who may see it, and what draws it. A section
 * lives in a folder of its own beside this file, under its id; its words are in `messages/<language>/office/<id>.json`.
 * What somebody may do in a section is not said here but by the contract (`useMay`).
 */
import {
  ArrowSyncCheckmark20Regular,
  BoxMultiple20Regular,
  AlertUrgent20Regular,
  BrainCircuit20Regular,
  ChartMultiple20Regular,
  ClipboardCheckmark20Regular,
  DataBarVertical20Regular,
  DocumentTable20Regular,
  MoneyCalculator20Regular,
  DatabaseArrowDown20Regular,
  Gift20Regular,
  PeopleStar20Regular,
  PersonSearch20Regular,
  ReceiptMoney20Regular,
  ShieldTask20Regular,
  Tag20Regular,
  type FluentIcon,
} from '@fluentui/react-icons';
import type { Role } from '../../../shared/api.ts';
import { Accounts } from './accounts/Accounts.tsx';
import { Approvals } from './approvals/Approvals.tsx';
import { Audit } from './audit/Audit.tsx';
import { Backups } from './backups/Backups.tsx';
import { BillsSection } from './bills/BillsSection.tsx';
import { CatalogueSection } from './catalogue/CatalogueSection.tsx';
import { CostsSection } from './costs/CostsSection.tsx';
import { GrantsSection } from './grants/GrantsSection.tsx';
import { MarginsSection } from './margins/MarginsSection.tsx';
import { MembersSection } from './members/MembersSection.tsx';
import { OrdersSection } from './orders/OrdersSection.tsx';
import { ModelsSection } from './models/ModelsSection.tsx';
import { PricesSection } from './prices/PricesSection.tsx';
import { ReportsSection } from './reports/ReportsSection.tsx';
import { WatchSection } from './watch/WatchSection.tsx';
import { Reconciliation } from './reconciliation/Reconciliation.tsx';

export interface OfficeSection {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly icon: FluentIcon;
  readonly Face: () => React.ReactNode;
}

export interface OfficeGroup {
  readonly id: 'customers' | 'selling' | 'books' | 'control';
  readonly sections: readonly OfficeSection[];
}

/** Whoever has a back office. */
const everyone: readonly Role[] = ['finance', 'admin', 'auditor'];

const groups: readonly OfficeGroup[] = [
  {
    id: 'customers',
    sections: [
      { id: 'accounts', roles: everyone, icon: PersonSearch20Regular, Face: Accounts },
      { id: 'orders', roles: everyone, icon: ReceiptMoney20Regular, Face: OrdersSection },
      { id: 'members', roles: everyone, icon: PeopleStar20Regular, Face: MembersSection },
      { id: 'grants', roles: everyone, icon: Gift20Regular, Face: GrantsSection },
    ],
  },
  {
    id: 'selling',
    sections: [
      { id: 'catalogue', roles: everyone, icon: BoxMultiple20Regular, Face: CatalogueSection },
      { id: 'prices', roles: everyone, icon: Tag20Regular, Face: PricesSection },
      { id: 'models', roles: everyone, icon: BrainCircuit20Regular, Face: ModelsSection },
    ],
  },
  {
    id: 'books',
    sections: [
      { id: 'reports', roles: everyone, icon: DataBarVertical20Regular, Face: ReportsSection },
      { id: 'margins', roles: everyone, icon: ChartMultiple20Regular, Face: MarginsSection },
      { id: 'costs', roles: everyone, icon: MoneyCalculator20Regular, Face: CostsSection },
      { id: 'bills', roles: everyone, icon: DocumentTable20Regular, Face: BillsSection },
      { id: 'watch', roles: everyone, icon: AlertUrgent20Regular, Face: WatchSection },
      { id: 'reconciliation', roles: everyone, icon: ArrowSyncCheckmark20Regular, Face: Reconciliation },
    ],
  },
  {
    id: 'control',
    sections: [
      { id: 'approvals', roles: everyone, icon: ClipboardCheckmark20Regular, Face: Approvals },
      { id: 'audit', roles: ['admin', 'auditor'], icon: ShieldTask20Regular, Face: Audit },
      { id: 'backups', roles: everyone, icon: DatabaseArrowDown20Regular, Face: Backups },
    ],
  },
];

/** The sections that the role may see, without groups of which it sees none. */
export function officeGroupsOf(role: Role | undefined): readonly OfficeGroup[] {
  return groups
    .map(({ id, sections }) => ({
      id,
      sections: sections.filter(({ roles }) => role !== undefined && roles.includes(role)),
    }))
    .filter(({ sections }) => sections.length > 0);
}
