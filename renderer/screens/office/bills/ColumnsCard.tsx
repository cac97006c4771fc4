/** The first rows of a bill as they stand in the file, with what each column means above it. */
import { makeStyles, mergeClasses, Select, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { billColumns } from '../../../../shared/api-bills.ts';
import type { BillFile } from '../../../../shared/ipc-bills.ts';
import { Section } from '../../../parts/Section.tsx';
import { columnAt, withColumn, type Draft } from './draft.ts';

const useStyles = makeStyles({
  scroller: { overflowX: 'auto', minWidth: 0 },
  table: {
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase200,
    '& th, & td': {
      textAlign: 'left',
      fontWeight: tokens.fontWeightRegular,
      padding: '4px 8px',
      whiteSpace: 'nowrap',
      maxWidth: '220px',
      overflow: 'hidden',
      textOverflow: 'ellipsis',
      borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    },
    '& thead th': { padding: '4px 4px 8px', overflow: 'visible' },
    '& select': { minWidth: '96px' },
  },
  number: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  above: { color: tokens.colorNeutralForeground3 },
  named: { backgroundColor: tokens.colorBrandBackground2 },
});

/** As many as a person looks at; a mapping may name one further right by a kept one. */
const shownColumnsMax = 40;

interface Props {
  readonly file: BillFile;
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
}

export function ColumnsCard({ file, draft, onDraft }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const places = Array.from({ length: Math.min(file.columns, shownColumnsMax) }, (_, place) => place);
  const missing = (['day', 'item', 'amount'] as const).filter(
    (column) => draft.columns[column] === undefined,
  );
  return (
    <Section title={t('office.bills.columns')}>
      <Text size={200}>
        {missing.length === 0
          ? t('office.bills.columnsHint')
          : t('office.bills.columnsMissing', {
              columns: missing
                .map((column) => t(`office.bills.column.${column}`))
                .join(t('office.bills.and')),
            })}
      </Text>
      <div className={styles.scroller} role="region" aria-label={t('office.bills.firstRows')} tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('office.bills.line')}</th>
              {places.map((place) => (
                <th key={place} scope="col">
                  <Select
                    size="small"
                    aria-label={t('office.bills.columnIs', { column: place + 1 })}
                    value={columnAt(draft, place) ?? ''}
                    onChange={(_, { value }) =>
                      onDraft(withColumn(draft, place, billColumns.find((one) => one === value) ?? null))
                    }
                  >
                    <option value="">{t('office.bills.column.none')}</option>
                    {billColumns.map((column) => (
                      <option key={column} value={column}>
                        {t(`office.bills.column.${column}`)}
                      </option>
                    ))}
                  </Select>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {file.rows.map(({ line, cells }) => (
              <tr key={line} className={line <= draft.formats.headerLines ? styles.above : undefined}>
                <th scope="row" className={styles.number}>
                  {line}
                </th>
                {places.map((place) => (
                  <td
                    key={place}
                    className={mergeClasses(columnAt(draft, place) !== null && styles.named)}
                    title={cells[place]}
                  >
                    {cells[place]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
