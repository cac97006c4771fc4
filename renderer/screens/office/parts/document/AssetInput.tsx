/**
 * An asset, chosen by what people call it; one that is on no list yet is typed as its code. What is chosen or typed is handed
 * on as it is; whether it is right, the form says.
 */
import { useState } from 'react';
import { Button, Dropdown, Input, makeStyles, Option, Text, tokens } from '@fluentui/react-components';
import { TextBulletList16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useAssetName } from '../AssetAmount.tsx';
import { useUnitAssets } from '../names.ts';

const useStyles = makeStyles({
  list: {
    minWidth: 0,
    width: '100%',
    '& button': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  },
  input: { minWidth: 0, width: '100%', '& input': { minWidth: 0, width: '100%' } },
  code: { display: 'block', color: tokens.colorNeutralForeground3 },
});

/** Those that may be had before anything is sold. */
const known = ['POINT', 'IMAGE_QUOTA', 'VIDEO_QUOTA', 'TEXT_TOKEN', 'CNY'];
const another = '';

interface Props {
  readonly name: string;
  readonly asset: string;
  readonly onAsset: (asset: string) => void;
}

export function AssetInput({ name, asset, onAsset }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const assetName = useAssetName();
  const sold = useUnitAssets();
  // Null until one of the two was asked for: then the focus goes along.
  const [typing, setTyping] = useState<boolean | null>(null);
  const choices = [...new Set([...known, ...sold, asset])].filter((one) => one !== '');
  if (typing === true)
    return (
      <Input
        autoFocus
        className={styles.input}
        aria-label={name}
        value={asset}
        contentAfter={
          <Button
            appearance="transparent"
            size="small"
            icon={<TextBulletList16Regular />}
            title={t('office.document.listedAsset')}
            aria-label={t('office.document.listedAsset')}
            onClick={() => setTyping(false)}
          />
        }
        onChange={(_, data) => onAsset(data.value.toUpperCase())}
      />
    );
  return (
    <Dropdown
      autoFocus={typing === false}
      className={styles.list}
      aria-label={name}
      value={asset === '' ? '' : assetName(asset)}
      selectedOptions={[asset]}
      onOptionSelect={(_, data) => {
        onAsset(data.optionValue ?? asset);
        setTyping(data.optionValue === another ? true : null);
      }}
    >
      {choices.map((one) => (
        <Option key={one} value={one} text={assetName(one)}>
          <span>
            {assetName(one)}
            {assetName(one) !== one && (
              <Text size={200} className={styles.code}>
                {one}
              </Text>
            )}
          </span>
        </Option>
      ))}
      <Option value={another}>{t('office.document.otherAsset')}</Option>
    </Dropdown>
  );
}
