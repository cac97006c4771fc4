/** Calls that ran without a price, or beside what their product says: how many, of what, and when last. Nothing where there are none. */
import { useState } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { InfoDialog } from '../../../parts/InfoDialog.tsx';
import { RetryMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useAnswer } from '../../../state/ask.ts';

const useStyles = makeStyles({
  bar: { flexShrink: 0, paddingTop: '6px', paddingBottom: '6px' },
  words: { whiteSpace: 'normal' },
  end: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
});

export function Warnings() {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
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
        <Table size="small" aria-label={t('office.models.warningsTitle')}>
          <TableHeader>
            <TableRow>
              <TableHeaderCell>{t('office.models.why')}</TableHeaderCell>
              <TableHeaderCell>{t('office.models.productModel')}</TableHeaderCell>
              <TableHeaderCell>{t('office.models.calls')}</TableHeaderCell>
              <TableHeaderCell>{t('office.models.tokens')}</TableHeaderCell>
              <TableHeaderCell>{t('office.models.lastAt')}</TableHeaderCell>
            </TableRow>
          </TableHeader>
          <TableBody>
            {warnings.map(({ kind, product, model, count, inputTokens, outputTokens, lastAt }) => (
              <TableRow key={`${kind}/${product}/${model}`}>
                <TableCell>{t(`office.models.warning.${kind}`)}</TableCell>
                <TableCell>{`${product} · ${model}`}</TableCell>
                <TableCell className={styles.end}>{format.count(count)}</TableCell>
                <TableCell className={styles.end}>
                  {`${format.units(inputTokens)} / ${format.units(outputTokens)}`}
                </TableCell>
                <TableCell>{format.dayTime(lastAt)}</TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </InfoDialog>
    </>
  );
}
