/** The navigation pane: one entry for each screen, in the order of their keys. */
import { makeStyles, mergeClasses, Nav, NavItem, tokens, useId } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { NavCount } from '../../parts/NavCount.tsx';
import { navEntry } from '../../parts/navEntry.ts';
import { unseen } from '../../parts/unseen.ts';
import { useUnseenFindings } from '../../state/findings.ts';
import { useDesk, useRole } from '../../state/mirror.ts';
import { chooseScreen, screensOf, useScreen } from '../../state/navigation.ts';
import { screenIcons } from './screenIcons.ts';

/** A figure over the corner of an entry's icon, apart from it by a line in the colour of what lies behind. */
const onIcon = {
  position: 'absolute',
  top: '1px',
  right: '1px',
  minWidth: '16px',
  padding: '0 4px',
  lineHeight: '16px',
  boxShadow: `0 0 0 1.5px ${tokens.colorNeutralBackground3}`,
} as const;
const narrow = '@media (max-width: 760px)';
/** The office has a list of sections beside it, and leaves the pane its icons from here on. */
const besideOffice = '@media (max-width: 1100px)';

const useStyles = makeStyles({
  nav: {
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
    padding: '4px 8px 8px',
    [narrow]: { padding: '4px 4px 8px' },
    minWidth: 0,
    overflow: 'auto',
    backgroundColor: 'transparent',
    boxSizing: 'border-box',
  },
  item: { minHeight: '36px', ...navEntry },
  // Unseen where the pane shows icons alone, and still the entry's name.
  label: { [narrow]: unseen },
  labelBeside: { [besideOffice]: unseen },
  count: { [narrow]: onIcon },
  countBeside: { [besideOffice]: onIcon },
});

export function SideNav() {
  const { t } = useTranslation();
  const styles = useStyles();
  const screen = useScreen();
  const screens = screensOf(useRole());
  const attention = useDesk(({ sync }) => sync.attentionCount);
  const findings = useUnseenFindings();
  const id = useId('waiting-');
  const isBeside = screen === 'office';
  const waiting = {
    outbox: { count: attention, words: t('frame.attention', { attention }), wrong: true },
    office: { count: findings, words: t('frame.findings', { count: findings }) },
  } as const;
  return (
    <Nav
      role="navigation"
      aria-label={t('frame.navigation')}
      className={styles.nav}
      density="small"
      selectedValue={screen}
      onNavItemSelect={(_, data) => {
        const chosen = screens.find((one) => one === data.value);
        if (chosen !== undefined) chooseScreen(chosen);
      }}
    >
      {screens.map((one, index) => {
        const Icon = screenIcons[one];
        const waits = one === 'outbox' || one === 'office' ? waiting[one] : null;
        const isWaiting = waits !== null && waits.count > 0;
        const name = t(`screen.${one}`);
        return (
          <NavItem
            key={one}
            as="button"
            value={one}
            icon={<Icon />}
            className={styles.item}
            title={isWaiting ? `${name}\n${waits.words}` : name}
            aria-keyshortcuts={`Control+${index + 1}`}
            {...(isWaiting ? { 'aria-describedby': `${id}${one}` } : {})}
          >
            <span className={mergeClasses(styles.label, isBeside && styles.labelBeside)}>{name}</span>
            {isWaiting && (
              <NavCount
                id={`${id}${one}`}
                className={mergeClasses(styles.count, isBeside && styles.countBeside)}
                {...waits}
              />
            )}
          </NavItem>
        );
      })}
    </Nav>
  );
}
