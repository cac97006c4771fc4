/**
 * The desk at work: what is always visible around the screens, the screen itself, and the dialogs that any screen
 * may open. It shows no money but the top bar's.
 */
import { useEffect } from 'react';
import {
  Button,
  makeStyles,
  mergeClasses,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { forgetDrafts } from '../../state/drafts.ts';
import { forgetRecharge } from '../../state/recharge.ts';
import { forgetExports } from '../../state/exports.ts';
import { forgetHistory } from '../../state/history.ts';
import { forgetIds } from '../../state/kept-ids.ts';
import { useDesk, useEngineIsThere, useMirror } from '../../state/mirror.ts';
import { forgetOffice } from '../../state/office.ts';
import { late, useLate } from '../../state/late.ts';
import { forgetViews } from '../../state/views.ts';
import { navigation, resetNavigation, showSignIn, useNavigation, useScreen } from '../../state/navigation.ts';
import { ExportTray } from '../export/ExportTray.tsx';
import { Face } from './Face.tsx';
import { SideNav } from './SideNav.tsx';
import { TopBar } from './TopBar.tsx';
import { useKeys } from './useKeys.ts';

const useStyles = makeStyles({
  frame: {
    height: '100%',
    display: 'grid',
    gridTemplateRows: '48px minmax(0, 1fr)',
    gridTemplateColumns: '196px minmax(0, 1fr)',
    // A window zoomed to twice its size: the pane keeps its icons, the screen gets the room.
    '@media (max-width: 760px)': { gridTemplateColumns: '52px minmax(0, 1fr)' },
    backgroundColor: tokens.colorNeutralBackground3,
  },
  // The office has a list of sections beside its tables: where both would be narrow, the pane keeps its icons.
  withOffice: { '@media (max-width: 1100px)': { gridTemplateColumns: '52px minmax(0, 1fr)' } },
  top: { gridColumn: '1 / -1' },
  body: {
    display: 'flex',
    flexDirection: 'column',
    minWidth: 0,
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground2,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
    borderTopLeftRadius: tokens.borderRadiusXLarge,
    overflow: 'hidden',
  },
  bars: { display: 'flex', flexDirection: 'column', flexShrink: 0 },
  bar: { borderRadius: 0, borderLeft: 'none', borderRight: 'none', borderTop: 'none' },
  main: { flex: '1 1 0', minHeight: 0, overflow: 'auto', outline: 'none' },
});

/** What one person looked at, typed or exported is not shown to the next. */
function forgetPerson(): void {
  resetNavigation();
  forgetDrafts();
  forgetRecharge();
  forgetHistory();
  forgetExports();
  forgetViews();
  forgetOffice();
  forgetIds();
}

const overlaysPart = late(async () => import('./Overlays.tsx'));

export function Frame() {
  const styles = useStyles();
  const screen = useScreen();
  const campaigns = useNavigation((state) => state.campaigns);
  useKeys();
  useEffect(() => forgetPerson, []);
  const overlays = useLate(overlaysPart, useEngineIsThere());
  const place = campaigns.kind === 'one' ? campaigns.id : campaigns.kind;
  return (
    <div className={mergeClasses(styles.frame, screen === 'office' && styles.withOffice)}>
      <TopBar className={styles.top} />
      <SideNav />
      <div className={styles.body}>
        <StandingBars />
        <main key={`${screen}/${place}`} className={styles.main} tabIndex={-1}>
          <Face screen={screen} />
        </main>
        <ExportTray />
      </div>
      {overlays.kind === 'here' && <overlays.part.Overlays />}
    </div>
  );
}

/** What concerns every screen and lasts until it is mended: the engine restarting, the sign-in ended. */
function StandingBars() {
  const { t } = useTranslation();
  const styles = useStyles();
  const engine = useMirror((state) => state.engine);
  const expired = useDesk(({ session }) => session.phase === 'expired');
  const drift = useDesk(({ sync }) => sync.drift !== null);
  const screen = useScreen();
  return (
    <div className={styles.bars}>
      {engine === 'down' && (
        <MessageBar intent="warning" className={styles.bar} role="alert">
          <MessageBarBody>{t('frame.engineDown')}</MessageBarBody>
        </MessageBar>
      )}
      {expired && (
        <MessageBar intent="warning" className={styles.bar} role="alert">
          <MessageBarBody>{t('frame.expired')}</MessageBarBody>
          <MessageBarActions>
            <Button size="small" onClick={() => showSignIn(true)}>
              {t('frame.signInAgain')}
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {drift && screen !== 'outbox' && (
        <MessageBar intent="error" className={styles.bar} role="alert">
          <MessageBarBody>{t('frame.drift')}</MessageBarBody>
          <MessageBarActions>
            <Button size="small" onClick={() => navigation.setState({ screen: 'outbox' })}>
              {t('frame.look')}
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
    </div>
  );
}
