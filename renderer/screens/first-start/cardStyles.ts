/** The look that the cards before the desk share. */
import { makeStyles, tokens } from '@fluentui/react-components';

export const useCardStyles = makeStyles({
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    padding: '24px',
    boxSizing: 'border-box',
    minHeight: '336px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow4,
  },
  icon: { color: tokens.colorBrandForeground1 },
  title: { margin: 0 },
  actions: { marginTop: 'auto', display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
});
