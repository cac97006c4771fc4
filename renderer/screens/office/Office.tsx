/**
 * The back office: a list of sections at the left, the chosen one beside it. Who may see a section is said in
 * sections.ts; what somebody may do there, the contract says. It reads and does nothing itself.
 */
import '../../office-messages.ts';
import {
  makeStyles,
  Nav,
  NavItem,
  NavSectionHeader,
  Select,
  tokens,
  useId,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { NavCount } from '../../parts/NavCount.tsx';
import { navEntry } from '../../parts/navEntry.ts';
import { useUnseenFindings } from '../../state/findings.ts';
import { useRole } from '../../state/mirror.ts';
import { goToSection, useOfficeSection } from '../../state/office.ts';
import { sectionFaces } from './faces.ts';
import { officeGroupsOf } from './sections.ts';

const narrow = '@media (max-width: 760px)';

const useStyles = makeStyles({
  office: {
    height: '100%',
    display: 'grid',
    gridTemplateColumns: '164px minmax(0, 1fr)',
    // A window zoomed to twice its size: the sections are a list to choose from above the one that is open.
    [narrow]: { gridTemplateColumns: 'minmax(0, 1fr)', gridTemplateRows: 'auto minmax(0, 1fr)' },
  },
  pane: {
    display: 'flex',
    flexDirection: 'column',
    gap: '1px',
    padding: '10px 8px 12px',
    minWidth: 0,
    overflow: 'auto',
    boxSizing: 'border-box',
    backgroundColor: 'transparent',
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    [narrow]: { display: 'none' },
  },
  group: {
    margin: '10px 10px 4px',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightRegular,
    ':first-child': { marginTop: '2px' },
  },
  item: { minHeight: '32px', ...navEntry },
  // In one line, also beside a count: that takes of what lies between the two.
  name: { whiteSpace: 'nowrap', marginRight: '-10px' },
  choice: { display: 'none', [narrow]: { display: 'block', padding: '8px 16px 0' } },
  section: { minWidth: 0, minHeight: 0, overflow: 'auto' },
});

export function Office() {
  const { t } = useTranslation();
  const styles = useStyles();
  const groups = officeGroupsOf(useRole());
  const chosen = useOfficeSection();
  const findings = useUnseenFindings();
  const described = useId('findings-');
  const sections = groups.flatMap((group) => group.sections);
  const open = sections.find(({ id }) => id === chosen) ?? sections[0];
  if (open === undefined) return null;
  const Face = sectionFaces[open.id];
  return (
    <div className={styles.office}>
      <Nav
        role="navigation"
        aria-label={t('office.frame.sections')}
        className={styles.pane}
        density="small"
        selectedValue={open.id}
        onNavItemSelect={(_, data) => goToSection(data.value)}
      >
        {groups.flatMap((group) => [
          <NavSectionHeader key={group.id} className={styles.group}>
            {t(`office.frame.group.${group.id}`)}
          </NavSectionHeader>,
          ...group.sections.map(({ id, icon: Icon }) => (
            <NavItem
              key={id}
              as="button"
              value={id}
              icon={<Icon />}
              className={styles.item}
              {...(id === 'watch' && findings > 0 ? { 'aria-describedby': described } : {})}
            >
              <span className={styles.name}>{t(`office.${id}.title`)}</span>
              {id === 'watch' && findings > 0 && (
                <NavCount id={described} count={findings} words={t('frame.findings', { count: findings })} />
              )}
            </NavItem>
          )),
        ])}
      </Nav>
      <div className={styles.choice}>
        <Select
          aria-label={t('office.frame.sections')}
          value={open.id}
          onChange={(_, data) => goToSection(data.value)}
        >
          {groups.map((group) => (
            <optgroup key={group.id} label={t(`office.frame.group.${group.id}`)}>
              {group.sections.map(({ id }) => (
                <option key={id} value={id}>
                  {t(`office.${id}.title`)}
                </option>
              ))}
            </optgroup>
          ))}
        </Select>
      </div>
      <div className={styles.section} key={open.id}>
        <Face />
      </div>
    </div>
  );
}
