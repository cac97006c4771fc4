/** A long identifier in small fixed-width type, with a button that copies it. */
import { useState } from 'react';
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { Checkmark16Regular, Copy16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';

const useStyles = makeStyles({
  line: { display: 'flex', alignItems: 'flex-start', gap: tokens.spacingHorizontalXS },
  text: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
    minWidth: 0,
    paddingTop: '2px',
  },
  button: { flexShrink: 0, minWidth: '24px', height: '20px', padding: 0 },
});

export function CopyText({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      (error: unknown) => console.warn('the clipboard refused', error),
    );
  };
  return (
    <span className={styles.line}>
      <span className={styles.text}>{text}</span>
      <Button
        appearance="subtle"
        size="small"
        className={styles.button}
        icon={copied ? <Checkmark16Regular /> : <Copy16Regular />}
        aria-label={copied ? t('common.copied') : t('common.copyName', { name })}
        onClick={copy}
        onBlur={() => setCopied(false)}
      />
    </span>
  );
}
