/** Shows both sides where the desk's copy and the server disagree. Charging is stopped until they agree. */
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  tokens,
} from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { SyncState } from '../../../shared/ipc-desk.ts';
import { money } from '../../format.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { problemText } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';

const useStyles = makeStyles({
  table: { marginTop: '8px', borderCollapse: 'collapse', fontVariantNumeric: 'tabular-nums' },
  cell: { textAlign: 'right', padding: '2px 0 2px 28px', fontWeight: tokens.fontWeightRegular },
  name: { textAlign: 'left', fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground2 },
  hash: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  bar: { flexShrink: 0 },
  confirmed: { margin: '8px 0 0' },
});

interface Props {
  readonly drift: NonNullable<z.infer<typeof SyncState>['drift']>;
}

export function DriftCard({ drift }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const confirm = useCommand('sync.confirmDrift');
  const sides = [drift.local, drift.server];
  return (
    <MessageBar
      intent={drift.confirmedAt === null ? 'error' : 'warning'}
      layout="multiline"
      className={styles.bar}
      role="alert"
    >
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
              <th className={styles.cell} scope="col">
                {t('drift.difference')}
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
              <td className={styles.cell}>{money(drift.difference, 'always')}</td>
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
        {drift.confirmedAt !== null && (
          <p className={styles.confirmed}>
            {t('drift.confirmed', { time: format.dateTime(drift.confirmedAt) })}
          </p>
        )}
        {confirm.problem !== null && <p className={styles.confirmed}>{problemText(t, confirm.problem)}</p>}
      </MessageBarBody>
      {drift.confirmedAt === null && (
        <MessageBarActions>
          <Button disabled={confirm.busy} onClick={() => void confirm.run({ serverHead: drift.server.head })}>
            {t('drift.confirm')}
          </Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}
