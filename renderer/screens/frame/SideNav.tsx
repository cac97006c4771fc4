/** The navigation pane: one entry for each screen, in the order of their keys. */
import { makeStyles, mergeClasses, Nav, NavItem, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useDesk, useRole } from '../../state/mirror.ts';
import { chooseScreen, screensOf, useScreen } from '../../state/navigation.ts';
import { screenIcons } from './screenIcons.ts';

const unseen = {
  position: 'absolute',
  width: '1px',
  height: '1px',
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
} as const;

const useStyles = makeStyles({
  nav: {
    display: 'flex',
    flexDirection: 'column',
    gap: '2px',
    padding: '4px 8px 8px',
    '@media (max-width: 760px)': { padding: '4px 4px 8px' },
    minWidth: 0,
    overflow: 'auto',
    backgroundColor: 'transparent',
    boxSizing: 'border-box',
  },
  item: {
    minHeight: '36px',
    alignItems: 'center',
    backgroundColor: 'transparent',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':active': { backgroundColor: tokens.colorSubtleBackgroundPressed },
    '&[aria-current="page"]': {
      backgroundColor: tokens.colorNeutralBackground1Selected,
      color: tokens.colorNeutralForeground1Selected,
    },
  },
  // Unseen where the pane shows icons alone, and still the entry's name.
  label: { '@media (max-width: 760px)': unseen },
  beside: { '@media (max-width: 1100px)': unseen },
  count: {
    marginLeft: 'auto',
    minWidth: '18px',
    padding: '0 5px',
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorStatusDangerBackground3,
    color: tokens.colorNeutralForegroundOnBrand,
    fontSize: tokens.fontSizeBase100,
    fontWeight: tokens.fontWeightSemibold,
    lineHeight: '18px',
    textAlign: 'center',
  },
});

export function SideNav() {
  const { t } = useTranslation();
  const styles = useStyles();
  const screen = useScreen();
  const screens = screensOf(useRole());
  const attention = useDesk(({ sync }) => sync.attentionCount);
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
        return (
          <NavItem
            key={one}
            as="button"
            value={one}
            icon={<Icon />}
            className={styles.item}
            title={t(`screen.${one}`)}
            aria-keyshortcuts={`Control+${index + 1}`}
          >
            <span className={mergeClasses(styles.label, screen === 'office' && styles.beside)}>
              {t(`screen.${one}`)}
            </span>
            {one === 'outbox' && attention > 0 && (
              <span className={styles.count} aria-label={t('frame.attention', { attention })}>
                {attention}
              </span>
            )}
          </NavItem>
        );
      })}
    </Nav>
  );
}
