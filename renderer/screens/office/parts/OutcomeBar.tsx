/** Says what came of the last act, until it is put away or the next one ends. */
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
} from '@fluentui/react-components';
import { Dismiss16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { cny } from '../../../../shared/assets.ts';
import { assetName } from '../../../parts/words.ts';
import { AssetAmount } from './AssetAmount.tsx';
import type { Outcome } from './useAct.ts';

const useStyles = makeStyles({
  bar: { flexShrink: 0, paddingTop: '6px', paddingBottom: '6px' },
  body: { whiteSpace: 'normal', overflowWrap: 'anywhere' },
});

interface Props {
  readonly outcome: Outcome;
  /** What was done, where it was. */
  readonly done: string;
  readonly onDismiss: () => void;
}

export function OutcomeBar({ outcome, done, onDismiss }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <MessageBar
      intent={outcome === 'done' ? 'success' : 'info'}
      layout="singleline"
      className={styles.bar}
      role="status"
    >
      <MessageBarBody className={styles.body}>
        {outcome === 'done' ? done : t('office.frame.waits')}
        {typeof outcome === 'object' && (
          <>
            {' '}
            {t('office.frame.aloneLeft')} <AssetAmount asset={outcome.asset} amount={outcome.aloneLeft} />{' '}
            {outcome.asset !== cny && assetName(t, outcome.asset)}
          </>
        )}
      </MessageBarBody>
      <MessageBarActions
        containerAction={
          <Button
            appearance="transparent"
            size="small"
            icon={<Dismiss16Regular />}
            aria-label={t('common.dismiss')}
            onClick={onDismiss}
          />
        }
      />
    </MessageBar>
  );
}
