/**
 * The one table of the back office's sections: in which group each stands and who may see it. A section lives in a folder
 * of its own beside this file, under its id, and what draws it is in faces.ts; its words are in
 * `messages/<language>/office/<id>.json`. What somebody may do in a section is not said here but by the contract (`useMay`).
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
import type { Role } from '../../../shared/api-words.ts';

export type OfficeSectionId =
  | 'accounts'
  | 'orders'
  | 'members'
  | 'grants'
  | 'catalogue'
  | 'prices'
  | 'models'
  | 'reports'
  | 'margins'
  | 'costs'
  | 'bills'
  | 'watch'
  | 'reconciliation'
  | 'approvals'
  | 'audit'
  | 'backups';

export interface OfficeSection {
  readonly id: OfficeSectionId;
  readonly roles: readonly Role[];
  readonly icon: FluentIcon;
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
      { id: 'accounts', roles: everyone, icon: PersonSearch20Regular },
      { id: 'orders', roles: everyone, icon: ReceiptMoney20Regular },
      { id: 'members', roles: everyone, icon: PeopleStar20Regular },
      { id: 'grants', roles: everyone, icon: Gift20Regular },
    ],
  },
  {
    id: 'selling',
    sections: [
      { id: 'catalogue', roles: everyone, icon: BoxMultiple20Regular },
      { id: 'prices', roles: everyone, icon: Tag20Regular },
      { id: 'models', roles: everyone, icon: BrainCircuit20Regular },
    ],
  },
  {
    id: 'books',
    sections: [
      { id: 'reports', roles: everyone, icon: DataBarVertical20Regular },
      { id: 'margins', roles: everyone, icon: ChartMultiple20Regular },
      { id: 'costs', roles: everyone, icon: MoneyCalculator20Regular },
      { id: 'bills', roles: everyone, icon: DocumentTable20Regular },
      { id: 'watch', roles: everyone, icon: AlertUrgent20Regular },
      { id: 'reconciliation', roles: everyone, icon: ArrowSyncCheckmark20Regular },
    ],
  },
  {
    id: 'control',
    sections: [
      { id: 'approvals', roles: everyone, icon: ClipboardCheckmark20Regular },
      { id: 'audit', roles: ['admin', 'auditor'], icon: ShieldTask20Regular },
      { id: 'backups', roles: everyone, icon: DatabaseArrowDown20Regular },
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
