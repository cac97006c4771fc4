/** What is earned and what it costs, by product, model, user or day of any stretch of time, and call by call. */
import { Tab, TabList } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { dayOf } from '../../../format.ts';
import { Page } from '../../../parts/Page.tsx';
import { useNow, useTimeZone } from '../../../parts/useFormat.ts';
import { useKept } from '../../../state/office.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { CallsView } from './CallsView.tsx';
import { MarginsView, type Stretch } from './MarginsView.tsx';

const views = ['product', 'model', 'user', 'day', 'call'] as const;
type View = (typeof views)[number];

export function MarginsSection() {
  const { t } = useTranslation();
  const today = dayOf(useNow(), useTimeZone());
  const [view, setView] = useKept<View>('margins.view', 'product');
  const [stretch, setStretch] = useKept<Stretch | null>('margins.stretch', null);
  const [account, setAccount] = useKept<ChosenAccount | null>('margins.account', null);
  return (
    <Page title={t('office.margins.title')} fill>
      <TabList
        selectedValue={view}
        size="small"
        onTabSelect={(_, data) => setView(views.find((one) => one === data.value) ?? 'product')}
      >
        {views.map((one) => (
          <Tab key={one} value={one}>
            {t(`office.margins.by.${one}`)}
          </Tab>
        ))}
      </TabList>
      {view === 'call' ? (
        <CallsView account={account} onAccount={setAccount} />
      ) : (
        <MarginsView
          // Another sort of row is another list.
          key={view}
          by={view}
          stretch={stretch ?? { fromDay: `${today.slice(0, 7)}-01`, toDay: today }}
          onStretch={setStretch}
          onCalls={(of) => {
            setAccount(of);
            setView('call');
          }}
        />
      )}
    </Page>
  );
}
