/** Calls that ran without a price, or beside what their product says: how many, of what, and when last. Nothing where there are none. */
import { useState } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { MeteringWarning } from '../../../../shared/api-metering.ts';
import { InfoDialog } from '../../../parts/InfoDialog.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';

const useStyles = makeStyles({
  bar: { flexShrink: 0, paddingTop: '6px', paddingBottom: '6px' },
  words: { whiteSpace: 'normal' },
});

export function Warnings() {
  const { t } = useTranslation();
  const styles = useStyles();
  const columns = useColumns();
  const { body, problem, readAgain } = useAnswer('meteringWarnings', {});
  const [open, setOpen] = useState(false);
  if (problem !== null) return <RetryMessage problem={problem} onRetry={readAgain} />;
  const warnings = body?.items ?? [];
  if (warnings.length === 0) return null;
  return (
    <>
      <MessageBar intent="warning" layout="singleline" className={styles.bar} role="status">
        <MessageBarBody className={styles.words}>
          {t('office.models.warnings', { count: warnings.length })}
        </MessageBarBody>
        <MessageBarActions>
          <Button size="small" onClick={() => setOpen(true)}>
            {t('office.models.lookAtWarnings')}
          </Button>
        </MessageBarActions>
      </MessageBar>
      <InfoDialog open={open} wide title={t('office.models.warningsTitle')} onClose={() => setOpen(false)}>
        <PlainTable
          label={t('office.models.warningsTitle')}
          columns={columns}
          rows={warnings}
          keyOf={({ kind, product, model }) => `${kind}/${product}/${model}`}
        />
      </InfoDialog>
    </>
  );
}

function useColumns(): readonly PlainColumn<MeteringWarning>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: 'why',
      header: t('office.models.why'),
      cell: ({ kind }) => t(`office.models.warning.${kind}`),
    },
    {
      key: 'what',
      header: t('office.models.productModel'),
      cell: ({ product, model }) => `${product} · ${model}`,
    },
    {
      key: 'calls',
      header: t('office.models.calls'),
      end: true,
      cell: ({ count }) => format.count(count),
    },
    {
      key: 'tokens',
      header: t('office.models.tokens'),
      end: true,
      cell: ({ inputTokens, outputTokens }) => `${format.units(inputTokens)} / ${format.units(outputTokens)}`,
    },
    {
      key: 'last',
      header: t('office.models.lastAt'),
      quiet: true,
      cell: ({ lastAt }) => format.dayTime(lastAt),
    },
  ];
}
