/**
 * One's own membership, quotas, points and AI calls, as the server tells them each time: nothing of it is kept here. It
 * must never show another account's.
 */
import { makeStyles, MessageBar, MessageBarBody, Tab, TabList, useId } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { useDesk } from '../../state/mirror.ts';
import { goToMembership, membershipTabs, useNavigation, type MembershipTab } from '../../state/navigation.ts';
import { PlanTab } from './PlanTab.tsx';
import { PointsTab } from './PointsTab.tsx';
import { UsageTab } from './UsageTab.tsx';

const useStyles = makeStyles({
  tabs: { flexShrink: 0, marginLeft: '-10px' },
  panel: { display: 'flex', flexDirection: 'column', gap: '16px', minWidth: 0 },
  bar: { flexShrink: 0 },
});

const faces: Record<MembershipTab, () => React.ReactNode> = {
  plan: PlanTab,
  points: PointsTab,
  usage: UsageTab,
};

export function Membership() {
  const { t } = useTranslation();
  const styles = useStyles();
  const id = useId('membership');
  const tab = useNavigation((state) => state.membership);
  const offline = useDesk(({ sync }) => sync.online === false);
  const Face = faces[tab];
  return (
    <Page title={t('screen.membership')}>
      <TabList
        className={styles.tabs}
        selectedValue={tab}
        onTabSelect={(_, data) => {
          const chosen = membershipTabs.find((one) => one === data.value);
          if (chosen !== undefined) goToMembership(chosen);
        }}
      >
        {membershipTabs.map((one) => (
          <Tab key={one} value={one} id={`${id}-${one}`} aria-controls={`${id}-panel`}>
            {t(`membership.tab.${one}`)}
          </Tab>
        ))}
      </TabList>
      {offline && (
        <MessageBar className={styles.bar} intent="info">
          <MessageBarBody>{t('membership.offline')}</MessageBarBody>
        </MessageBar>
      )}
      <div
        key={tab}
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${tab}`}
        className={styles.panel}
      >
        <Face />
      </div>
    </Page>
  );
}
