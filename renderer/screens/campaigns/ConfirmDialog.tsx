/**
 * The last question before money is set aside: unit price, discounts, total, and the balance after it. A price that
 * moved meanwhile is shown anew, never accepted silently.
 */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Campaign, CheckedQuote } from '../../../shared/ipc-campaigns.ts';
import { money, unitPrice } from '../../format.ts';
import { Facts } from '../../parts/Facts.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { stepName } from '../../parts/QuoteExplanation.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { operationName, platformName } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { noteCampaign } from '../../state/mirror.ts';
import { useDialogStyles } from '../../parts/dialogStyles.ts';

const useStyles = makeStyles({
  note: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly campaign: Campaign;
  readonly checked: CheckedQuote;
  /** The price is being worked out anew. */
  readonly requoting: boolean;
  readonly onPriceChanged: () => void;
  readonly onInsufficient: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog({
  campaign,
  checked,
  requoting,
  onPriceChanged,
  onInsufficient,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const dialog = useDialogStyles();
  const format = useFormat();
  const confirm = useCommand('campaign.confirm');
  const { quote, check } = checked;
  const applied = quote.steps.filter((step) => step.applied);

  const start = async (): Promise<void> => {
    const reply = await confirm.run({ id: campaign.id, expectedTotal: quote.total });
    if (reply === null) return;
    if (reply.ok) {
      noteCampaign(reply.output);
      onClose();
    } else if (reply.problem.code === 'insufficient_balance') onInsufficient();
    else if (reply.problem.code === 'price_changed') onPriceChanged();
  };

  return (
    <Dialog open onOpenChange={(_, data) => !data.open && !confirm.busy && onClose()}>
      <DialogSurface className={dialog.surface}>
        <DialogBody>
          <DialogTitle>{t('confirm.title')}</DialogTitle>
          <DialogContent className={dialog.content}>
            <Facts
              end
              facts={[
                {
                  name: t('confirm.what'),
                  value: t('confirm.whatValue', {
                    platform: platformName(t, quote.platform),
                    operation: operationName(t, quote.operation),
                    quantity: format.count(quote.quantity),
                  }),
                },
                { name: t('confirm.unitPrice'), value: unitPrice(quote.unitPrice) },
                {
                  name: t('confirm.discount'),
                  value:
                    applied.length === 0
                      ? t('confirm.noDiscount')
                      : applied
                          .map((step) => `${stepName(t, format, step)} ${money(step.amount)}`)
                          .join(t('common.comma')),
                },
                { name: t('confirm.total'), value: money(quote.total), strong: true },
                {
                  name: t('confirm.remaining'),
                  value: check.remaining === undefined ? '—' : money(check.remaining),
                },
              ]}
            />
            <Text size={200} className={styles.note}>
              {t('confirm.note')}
            </Text>
            {confirm.problem !== null && <ProblemMessage problem={confirm.problem} />}
          </DialogContent>
          <DialogActions>
            <Button disabled={confirm.busy} onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button
              appearance="primary"
              className={dialog.action}
              // Kept in the focus while a price is asked for anew, so that the keys still belong to the dialog.
              disabledFocusable={confirm.busy || requoting}
              {...(confirm.busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
              onClick={() => void start()}
            >
              {t('confirm.start', { total: money(quote.total) })}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
