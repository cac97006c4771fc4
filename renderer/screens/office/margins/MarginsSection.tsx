/** What is earned and what it costs, by product, model, user or day of any stretch of time, and call by call. */
import { Button } from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { dayOf } from '../../../format.ts';
import { Page } from '../../../parts/Page.tsx';
import { ProblemMessage } from '../../../parts/ProblemMessage.tsx';
import { useNow, useTimeZone } from '../../../parts/useFormat.ts';
import { useKept } from '../../../state/office.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { Views } from '../parts/Views.tsx';
import { CallsView } from './CallsView.tsx';
import { MarginsView } from './MarginsView.tsx';
import type { Stretch } from './stretch.ts';
import { useMarginsExport } from './useMarginsExport.ts';

const views = ['product', 'model', 'user', 'day', 'call'] as const;
type View = (typeof views)[number];

export function MarginsSection() {
  const { t } = useTranslation();
  const today = dayOf(useNow(), useTimeZone());
  const [view, setView] = useKept<View>('margins.view', 'product');
  const [chosen, setChosen] = useKept<Stretch | null>('margins.stretch', null);
  const stretch = chosen ?? { fromDay: `${today.slice(0, 7)}-01`, toDay: today };
  const [account, setAccount] = useKept<ChosenAccount | null>('margins.account', null);
  const exporting = useMarginsExport();
  return (
    <Page
      title={t('office.margins.title')}
      fill
      actions={
        view !== 'call' && (
          <Button
            icon={<ArrowDownload20Regular />}
            disabledFocusable={exporting.busy}
            onClick={() => !exporting.busy && void exporting.write(view, stretch)}
          >
            {t('office.margins.export')}
          </Button>
        )
      }
    >
      {exporting.problem !== null && <ProblemMessage problem={exporting.problem} />}
      <Views
        views={views.map((value) => ({ value, name: t(`office.margins.by.${value}`) }))}
        shown={view}
        onShow={setView}
      />
      {view === 'call' ? (
        <CallsView account={account} onAccount={setAccount} />
      ) : (
        <MarginsView
          // Another sort of row is another list.
          key={view}
          by={view}
          stretch={stretch}
          onStretch={setChosen}
          onCalls={(of) => {
            setAccount(of);
            setView('call');
          }}
        />
      )}
    </Page>
  );
}
