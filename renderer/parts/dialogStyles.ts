/** The look that all dialogs share: their width, and the room around what they say. */
import { makeStyles, tokens } from '@fluentui/react-components';

export const useDialogStyles = makeStyles({
  surface: { maxWidth: '480px' },
  content: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    paddingTop: tokens.spacingVerticalS,
    paddingBottom: tokens.spacingVerticalM,
  },
  /** A button's words are never broken in two. */
  action: { whiteSpace: 'nowrap' },
});
