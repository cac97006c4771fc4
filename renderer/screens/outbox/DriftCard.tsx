/** Shows both sides where the desk's copy and the server disagree. Charging is stopped until they agree. */
import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { SyncState } from '../../../shared/ipc.ts';
import { money } from '../../format.ts';
import { useFormat } from '../../parts/useFormat.ts';

const useStyles = makeStyles({
  table: { marginTop: '8px', borderCollapse: 'collapse', fontVariantNumeric: 'tabular-nums' },
  cell: { textAlign: 'right', padding: '2px 0 2px 28px', fontWeight: tokens.fontWeightRegular },
  name: { textAlign: 'left', fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground2 },
  hash: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  bar: { flexShrink: 0 },
});

interface Props {
  readonly drift: NonNullable<z.infer<typeof SyncState>['drift']>;
}

export function DriftCard({ drift }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const sides = [drift.local, drift.server];
  return (
    <MessageBar intent="error" layout="multiline" className={styles.bar} role="alert">
      <MessageBarBody>
        <MessageBarTitle>{t('drift.title')}</MessageBarTitle>
        {t('drift.text')}
        <table className={styles.table}>
          <thead>
            <tr>
              <td />
              <th className={styles.cell} scope="col">
                {t('drift.local')}
              </th>
              <th className={styles.cell} scope="col">
                {t('drift.server')}
              </th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th className={styles.name} scope="row">
                {t('drift.seq')}
              </th>
              {sides.map((side, index) => (
                <td key={index} className={styles.cell}>
                  {format.count(side.seq)}
                </td>
              ))}
            </tr>
            <tr>
              <th className={styles.name} scope="row">
                {t('column.balance')}
              </th>
              {sides.map((side, index) => (
                <td key={index} className={styles.cell}>
                  {money(side.balance)}
                </td>
              ))}
            </tr>
            <tr>
              <th className={styles.name} scope="row">
                {t('drift.head')}
              </th>
              {sides.map((side, index) => (
                <td key={index} className={styles.cell} title={side.head}>
                  <span className={styles.hash}>{side.head.slice(0, 12)}…</span>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </MessageBarBody>
    </MessageBar>
  );
}
