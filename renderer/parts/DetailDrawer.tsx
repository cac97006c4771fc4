/** A record in full, beside the list that it is of: slides in over the screen's end, and is put away with Esc. */
import { useEffect, useState, type ReactNode } from 'react';
import {
  Button,
  DrawerBody,
  DrawerFooter,
  DrawerHeader,
  DrawerHeaderTitle,
  makeStyles,
  mergeClasses,
  OverlayDrawer,
  tokens,
} from '@fluentui/react-components';
import { Dismiss20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { focusDialogBeneath } from './useReturnedFocus.ts';

const useStyles = makeStyles({
  drawer: { width: '420px', maxWidth: '100vw' },
  wide: { width: '560px' },
  body: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXL, paddingBottom: '24px' },
  // A name without a gap is broken anywhere: nothing pushes the button that closes out of the window.
  title: { overflowWrap: 'anywhere' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
});

interface Props<T> {
  /** Null: closed. */
  readonly shown: T | null;
  readonly title: (shown: T) => string;
  readonly children: (shown: T) => ReactNode;
  /** What may be done with the record; stays at the lower edge. */
  readonly actions?: ReactNode;
  /**
   * A dialog that one of the actions opened. It has to be the drawer's child: of two that stand beside each other the one
   * beneath stays hidden from assistive technology once the upper one is closed.
   */
  readonly asking?: ReactNode;
  readonly wide?: boolean;
  readonly onClose: () => void;
}

export function DetailDrawer<T>(props: Props<T>) {
  const { shown, title, children, actions, asking, wide = false, onClose } = props;
  const { t } = useTranslation();
  const styles = useStyles();
  // The drawer slides out with what it showed.
  const [last, setLast] = useState<T | null>(shown);
  if (shown !== null && shown !== last) setLast(shown);
  // A button goes with what it decided, and may have had the focus.
  useEffect(() => {
    if (shown !== null) focusDialogBeneath();
  });
  return (
    <OverlayDrawer
      open={shown !== null}
      position="end"
      className={mergeClasses(styles.drawer, wide && styles.wide)}
      onOpenChange={(_, data) => !data.open && onClose()}
    >
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Button
              appearance="subtle"
              icon={<Dismiss20Regular />}
              aria-label={t('common.close')}
              onClick={onClose}
            />
          }
        >
          <span dir="auto" className={styles.title}>
            {last === null ? '' : title(last)}
          </span>
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody className={styles.body}>{last !== null && children(last)}</DrawerBody>
      {shown !== null && actions !== undefined && actions !== null && actions !== false && (
        <DrawerFooter className={styles.actions}>{actions}</DrawerFooter>
      )}
      {asking}
    </OverlayDrawer>
  );
}
