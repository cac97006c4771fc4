/**
 * The desk's settings. Each counts and is kept as soon as it is chosen, and the last one can be taken back; what was
 * refused is said above them.
 */
import { useRef, useState } from 'react';
import { Button, Field, makeStyles, Select, Switch, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Settings as DeskSettings } from '../../../shared/ipc-desk.ts';
import { Language, Theme } from '../../../shared/ipc-words.ts';
import { CopyText } from '../../parts/CopyText.tsx';
import { CountField } from '../../parts/CountField.tsx';
import { ExecutorSetting } from './ExecutorSetting.tsx';
import { ReserveSetting } from './ReserveSetting.tsx';
import { BackupSection } from './BackupSection.tsx';
import { LogBundle } from './LogBundle.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Page } from '../../parts/Page.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { useCommand } from '../../state/command.ts';
import { useDesk } from '../../state/mirror.ts';

const useStyles = makeStyles({
  pair: { display: 'grid', gridTemplateColumns: 'repeat(2, minmax(0, 280px))', gap: '16px' },
  saved: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  quiet: { color: tokens.colorNeutralForeground3 },
});

type Change = Partial<z.infer<typeof DeskSettings>>;

/** The present values of what a change would set. */
function partOf(settings: z.infer<typeof DeskSettings>, change: Change): Change {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name in change));
}

export function Settings() {
  const { t } = useTranslation();
  const styles = useStyles();
  const settings = useDesk((desk) => desk.settings);
  const update = useCommand('settings.update');
  // What stood before the last change, for taking it back.
  const [before, setBefore] = useState<Change | null>(null);
  // One that is chosen while another is being kept is kept after it.
  const last = useRef(Promise.resolve());
  const save = async (change: Change): Promise<void> => {
    const earlier = last.current;
    const keep = async (): Promise<void> => {
      await earlier;
      const reply = await update.run(change);
      if (reply?.ok === true) setBefore(partOf(settings, change));
    };
    last.current = keep();
    await last.current;
  };
  const undo = async (): Promise<void> => {
    if (before === null) return;
    const reply = await update.run(before);
    if (reply?.ok === true) setBefore(null);
  };
  return (
    <Page
      title={t('screen.settings')}
      narrow
      actions={
        before !== null && (
          <span className={styles.saved} role="status">
            <Text className={styles.quiet}>{t('settings.saved')}</Text>
            <Button size="small" disabled={update.busy} onClick={() => void undo()}>
              {t('common.undo')}
            </Button>
          </span>
        )
      }
    >
      {update.problem !== null && <ProblemMessage problem={update.problem} onDismiss={update.clear} />}
      <Section title={t('settings.look')}>
        <div className={styles.pair}>
          <Field label={t('settings.language')}>
            <Select
              value={settings.language}
              onChange={(_, data) => void save({ language: Language.parse(data.value) })}
            >
              {Language.options.map((one) => (
                <option key={one} value={one} lang={one}>
                  {t(`language.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t('settings.theme')}>
            <Select
              value={settings.theme}
              onChange={(_, data) => void save({ theme: Theme.parse(data.value) })}
            >
              {Theme.options.map((one) => (
                <option key={one} value={one}>
                  {t(`theme.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
        </div>
        {window.desk?.shell === 'electron' && (
          <Switch
            label={t('settings.openAtLogin')}
            checked={settings.openAtLogin}
            onChange={(_, data) => void save({ openAtLogin: data.checked })}
          />
        )}
      </Section>
      <Section title={t('settings.running')}>
        <ExecutorSetting executor={settings.executor} onSave={(executor) => void save({ executor })} />
        <div className={styles.pair}>
          <CountField
            label={t('settings.concurrency')}
            hint={t('settings.concurrencyHint')}
            value={settings.concurrency}
            min={1}
            max={16}
            onCommit={(concurrency) => void save({ concurrency })}
          />
          <CountField
            label={t('settings.perMinute')}
            hint={t('settings.perMinuteHint')}
            value={settings.perMinuteMax}
            min={0}
            max={6_000}
            onCommit={(perMinuteMax) => void save({ perMinuteMax })}
          />
        </div>
        <ReserveSetting
          reserve={settings.offlineReserve}
          onSave={(offlineReserve) => void save({ offlineReserve })}
        />
      </Section>
      <Server />
      <BackupSection />
      <About />
    </Page>
  );
}

function Server() {
  const { t } = useTranslation();
  const { serverUrl, demo, account } = useDesk((desk) => desk.session);
  return (
    <Section title={t('settings.server')}>
      <Facts
        facts={[
          { name: t('settings.serverUrl'), value: demo ? t('account.demoServer') : (serverUrl ?? '—') },
          { name: t('settings.account'), value: account?.name ?? '—' },
          { name: t('signIn.email'), value: account?.email ?? '—' },
          { name: t('settings.role'), value: account === null ? '—' : t(`role.${account.role}`) },
          { name: t('settings.member'), value: account === null ? '—' : t(`member.${account.memberLevel}`) },
          { name: t('settings.timeZone'), value: account?.timeZone ?? '—' },
        ]}
      />
    </Section>
  );
}

function About() {
  const { t } = useTranslation();
  const styles = useStyles();
  const about = useDesk((desk) => desk.about);
  return (
    <Section title={t('settings.about')}>
      <Facts
        facts={[
          { name: t('settings.version'), value: `${t('app.name')} ${about.version}` },
          { name: t('settings.signInKept'), value: t(`settings.secretStore.${about.secretStore}`) },
          { name: t('settings.device'), value: about.deviceName },
          {
            name: t('settings.deviceId'),
            value: <CopyText text={about.deviceId} name={t('settings.deviceId')} />,
          },
          {
            name: t('settings.dataFolder'),
            value: <CopyText text={about.dataFolder} name={t('settings.dataFolder')} />,
          },
        ]}
      />
      <Text size={200} className={styles.quiet}>
        {t('settings.dataHint')}
      </Text>
      <LogBundle />
    </Section>
  );
}
