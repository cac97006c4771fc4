/** What reading the targets came to: how many lines are good, and which were left out and why. */
import {
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  Text,
  tokens,
} from '@fluentui/react-components';
import { CheckmarkCircle20Filled, Warning20Filled } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { TargetsReport } from '../../../shared/ipc-campaigns.ts';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';

const useStyles = makeStyles({
  counts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(4, minmax(0, 1fr))',
    gap: '12px',
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
  },
  name: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: {
    margin: 0,
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
    fontWeight: 600,
  },
  verdict: { display: 'flex', alignItems: 'center', gap: '8px' },
  good: { color: tokens.colorStatusSuccessForeground1, flexShrink: 0 },
  some: { color: tokens.colorStatusWarningForeground1, flexShrink: 0 },
  scroll: { maxHeight: '232px', overflow: 'auto' },
  line: { width: '72px', fontVariantNumeric: 'tabular-nums' },
  text: {
    fontFamily: tokens.fontFamilyMonospace,
    whiteSpace: 'pre',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  quiet: { color: tokens.colorNeutralForeground3 },
});

type Report = z.infer<typeof TargetsReport>;

export function TargetsReportCard({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const leftOut = report.bad + report.duplicates;
  const counts = [
    { name: t('report.lines'), value: report.lines },
    { name: t('report.good'), value: report.good },
    { name: t('report.duplicates'), value: report.duplicates },
    { name: t('report.bad'), value: report.bad },
  ];
  return (
    <Section
      title={t('report.title')}
      aside={
        report.fileName === null
          ? t('report.pasted')
          : t('report.file', { file: report.fileName, encoding: report.encoding.toUpperCase() })
      }
    >
      <dl className={styles.counts}>
        {counts.map(({ name, value }) => (
          <div key={name}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{format.count(value)}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.verdict}>
        {leftOut === 0 ? (
          <CheckmarkCircle20Filled className={styles.good} aria-hidden />
        ) : (
          <Warning20Filled className={styles.some} aria-hidden />
        )}
        <Text>
          {leftOut === 0 ? t('report.allGood') : t('report.leftOut', { lines: format.count(leftOut) })}
        </Text>
      </div>
      {report.problems.length > 0 && <LeftOutLines report={report} />}
      {leftOut > report.problems.length && (
        <Text size={200} className={styles.quiet}>
          {t('report.firstOnly', { lines: format.count(report.problems.length) })}
        </Text>
      )}
    </Section>
  );
}

function LeftOutLines({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return (
    <div className={styles.scroll} role="region" aria-label={t('report.leftOutLines')} tabIndex={0}>
      <Table size="extra-small" aria-label={t('report.leftOutLines')}>
        <TableHeader>
          <TableRow>
            <TableHeaderCell className={styles.line}>{t('report.line')}</TableHeaderCell>
            <TableHeaderCell>{t('report.content')}</TableHeaderCell>
            <TableHeaderCell>{t('report.reason')}</TableHeaderCell>
          </TableRow>
        </TableHeader>
        <TableBody>
          {report.problems.map((problem) => (
            <TableRow key={problem.line}>
              <TableCell className={styles.line}>{problem.line}</TableCell>
              <TableCell className={styles.text} title={problem.text}>
                {problem.text === '' ? t('report.emptyLine') : problem.text}
              </TableCell>
              <TableCell>
                {t(`report.why.${problem.reason}`, {
                  firstLine: problem.firstLine === undefined ? '' : format.count(problem.firstLine),
                })}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
