/** How an entry of a navigation looks: quiet until it is pointed at, filled where one is. For `makeStyles`. */
import { tokens } from '@fluentui/react-components';

export const navEntry = {
  alignItems: 'center',
  backgroundColor: 'transparent',
  ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  ':active': { backgroundColor: tokens.colorSubtleBackgroundPressed },
  '&[aria-current="page"]': {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    color: tokens.colorNeutralForeground1Selected,
  },
} as const;
