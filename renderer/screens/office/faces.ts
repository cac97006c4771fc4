/** What draws each section of the back office. Apart from their table, which the palette reads before any of them is loaded. */
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
import type { OfficeSectionId } from './sections.ts';

export const sectionFaces: Readonly<Record<OfficeSectionId, () => React.ReactNode>> = {
  accounts: Accounts,
  orders: OrdersSection,
  members: MembersSection,
  grants: GrantsSection,
  catalogue: CatalogueSection,
  prices: PricesSection,
  models: ModelsSection,
  reports: ReportsSection,
  margins: MarginsSection,
  costs: CostsSection,
  bills: BillsSection,
  watch: WatchSection,
  reconciliation: Reconciliation,
  approvals: Approvals,
  audit: Audit,
  backups: Backups,
};
