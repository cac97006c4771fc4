/** Asks what to export before it is written: which rows, how many, in which format. The same from every screen. */
import { useState } from 'react';
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Radio,
  RadioGroup,
  Spinner,
} from '@fluentui/react-components';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { HistoryFilter } from '../../../shared/ipc-history.ts';
import { money } from '../../format.ts';
import { Amount } from '../../parts/Amount.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { ProblemMessage, RetryMessage } from '../../parts/ProblemMessage.tsx';
import { useCampaignName } from '../../parts/useCampaignName.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { noteExport } from '../../state/exports.ts';
import { closeExport, useNavigation } from '../../state/navigation.ts';
import { useReading } from '../../state/reading.ts';
import { useDialogStyles } from '../../parts/dialogStyles.ts';

type Filter = z.infer<typeof HistoryFilter>;

export function ExportDialog() {
  const exporting = useNavigation((state) => state.exporting);
  if (exporting === null) return null;
  return <Asking filter={exporting.filter} initialFormat={exporting.format} />;
}

/** The filter in words: 充值、退款 · 抖音 · “张三”. */
function narrowing(t: TFunction, filter: Filter, campaign: string | undefined): string {
  const parts = [
    (filter.kinds ?? []).map((kind) => t(`kind.${kind}`)).join(t('common.comma')),
    (filter.platforms ?? []).map((platform) => platformName(t, platform)).join(t('common.comma')),
    campaign === undefined ? '' : t('export.campaign', { campaign }),
    filter.amountFrom === undefined ? '' : t('export.amountFrom', { amount: money(filter.amountFrom) }),
    filter.amountTo === undefined ? '' : t('export.amountTo', { amount: money(filter.amountTo) }),
    filter.text === undefined ? '' : t('export.quoted', { text: filter.text }),
  ].filter((part) => part !== '');
  return parts.length === 0 ? t('export.everything') : parts.join(' · ');
}

function range(t: TFunction, dayText: (day: string) => string, { fromDay, toDay }: Filter): string {
  if (fromDay === undefined && toDay === undefined) return t('history.ranges.all');
  return t('export.days', {
    from: fromDay === undefined ? t('export.theBeginning') : dayText(fromDay),
    to: toDay === undefined ? t('export.today') : dayText(toDay),
  });
}

function Asking({
  filter,
  initialFormat,
}: {
  readonly filter: Filter;
  readonly initialFormat: 'xlsx' | 'csv';
}) {
  const { t } = useTranslation();
  const dialog = useDialogStyles();
  const campaign = useCampaignName(filter.campaignId);
  const { count, dayFigures } = useFormat();
  const [format, setFormat] = useState(initialFormat);
  const { output: totals, problem: uncounted, readAgain } = useReading('history.totals', { filter });
  const start = useCommand('export.start');

  const write = async (): Promise<void> => {
    const reply = await start.run({ filter, format });
    if (reply?.ok !== true) return;
    // Null: the person closed the save dialog, so the question stands.
    if (reply.output === null) return;
    noteExport(reply.output);
    closeExport();
  };
  const empty = totals?.count === 0;

  return (
    <Dialog open onOpenChange={(_, data) => !data.open && closeExport()}>
      <DialogSurface className={dialog.surface}>
        <DialogBody>
          <DialogTitle>{t('export.bill')}</DialogTitle>
          <DialogContent className={dialog.content}>
            <Facts
              facts={[
                { name: t('export.range'), value: range(t, dayFigures, filter) },
                { name: t('export.filter'), value: narrowing(t, filter, campaign) },
                {
                  name: t('export.rows'),
                  value: totals === null ? '…' : t('billCheck.rows', { rows: count(totals.count) }),
                },
                {
                  name: t('history.net'),
                  value: totals === null ? '…' : <Amount value={totals.net} signed />,
                },
              ]}
            />
            <Field label={t('export.format')}>
              <RadioGroup
                value={format}
                onChange={(_, data) => setFormat(data.value === 'csv' ? 'csv' : 'xlsx')}
              >
                <Radio value="xlsx" label={t('export.xlsx')} />
                <Radio value="csv" label={t('export.csv')} />
              </RadioGroup>
            </Field>
            {uncounted !== null && <RetryMessage problem={uncounted} onRetry={readAgain} />}
            {start.problem !== null && <ProblemMessage problem={start.problem} />}
          </DialogContent>
          <DialogActions>
            <Button onClick={closeExport}>{t('common.cancel')}</Button>
            <Button
              appearance="primary"
              disabled={start.busy || empty}
              {...(start.busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
              onClick={() => void write()}
            >
              {empty ? t('export.nothing') : t('export.action')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
