/**
 * When to warn and when to pause. Each change is saved as soon as it is made and can be taken back; an amount that
 * is none stays in its field to be mended and is not saved.
 */
import { useState } from 'react';
import { Button, Field, Input, makeStyles, Switch, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { AlertSettings } from '../../../shared/api.ts';
import { typedAmount } from '../../format.ts';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { useCommand } from '../../state/command.ts';
import { useDesk, useRole } from '../../state/mirror.ts';

const useStyles = makeStyles({
  rows: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  row: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) 108px', gap: '8px', alignItems: 'start' },
  wide: { gridTemplateColumns: 'minmax(0, 1fr)', rowGap: 0 },
  number: {
    width: '100%',
    minWidth: 0,
    '& input': { minWidth: 0, width: '100%', textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  },
  // A switch brings its own margin; its label lines up with the heading.
  toggle: { marginLeft: '-8px' },
  saved: { display: 'flex', alignItems: 'center', gap: '4px' },
  // As high as the fields that take this place.
  none: { minHeight: '148px' },
  hint: { color: tokens.colorNeutralForeground3 },
});

/** A switch's own label stands beside it; the field next to it is named for assistive technology. */
export function AlertsCard() {
  const { t } = useTranslation();
  const alerts = useDesk((desk) => desk.alerts);
  const styles = useStyles();
  const update = useCommand('alerts.update');
  // What stood before the last change, for taking it back.
  const [before, setBefore] = useState<AlertSettings | null>(null);

  const save = async (next: AlertSettings): Promise<void> => {
    if (alerts === null) return;
    const reply = await update.run(next);
    if (reply?.ok === true) setBefore(alerts);
  };
  const undo = async (): Promise<void> => {
    if (before === null) return;
    const reply = await update.run(before);
    if (reply?.ok === true) setBefore(null);
  };

  return (
    <Section
      title={t('alerts.title')}
      aside={
        before !== null && (
          <span className={styles.saved} role="status">
            {t('alerts.saved')}
            <Button size="small" appearance="subtle" disabled={update.busy} onClick={() => void undo()}>
              {t('common.undo')}
            </Button>
          </span>
        )
      }
    >
      {alerts === null ? (
        <div className={styles.none}>
          <Text className={styles.hint}>{t('alerts.notYet')}</Text>
        </div>
      ) : (
        <AlertFields alerts={alerts} field={update.problem?.field} onSave={(next) => void save(next)} />
      )}
      {update.problem !== null && <ProblemMessage problem={update.problem} onDismiss={update.clear} />}
    </Section>
  );
}

interface FieldsProps {
  readonly alerts: AlertSettings;
  readonly field: string | undefined;
  readonly onSave: (next: AlertSettings) => void;
}

function AlertFields({ alerts, field, onSave }: FieldsProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.rows}>
      <div className={styles.row}>
        <Switch
          className={styles.toggle}
          label={t('alerts.lowBalance')}
          checked={alerts.lowBalance.enabled}
          onChange={(_, { checked }) =>
            onSave({ ...alerts, lowBalance: { ...alerts.lowBalance, enabled: checked } })
          }
        />
        <ThresholdField
          name={t('alerts.lowBalanceThreshold')}
          value={alerts.lowBalance.threshold}
          onSave={(threshold) => onSave({ ...alerts, lowBalance: { ...alerts.lowBalance, threshold } })}
        />
      </div>
      <div className={styles.row}>
        <Switch
          className={styles.toggle}
          label={t('alerts.pauseTasks')}
          checked={alerts.pauseTasks.enabled}
          onChange={(_, { checked }) =>
            onSave({ ...alerts, pauseTasks: { ...alerts.pauseTasks, enabled: checked } })
          }
        />
        <ThresholdField
          name={t('alerts.pauseThreshold')}
          value={alerts.pauseTasks.threshold}
          onSave={(threshold) => onSave({ ...alerts, pauseTasks: { ...alerts.pauseTasks, threshold } })}
        />
      </div>
      <EmailRow alerts={alerts} wrong={field?.startsWith('email') === true} onSave={onSave} />
    </div>
  );
}

interface ThresholdProps {
  readonly name: string;
  readonly value: string;
  readonly onSave: (value: string) => void;
}

function ThresholdField({ name, value, onSave }: ThresholdProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  // Null while it is not being typed in: then it shows what is saved.
  const [typed, setTyped] = useState<string | null>(null);
  const amount = typedAmount(typed ?? value);
  const commit = (): void => {
    if (typed === null || amount === null) return;
    setTyped(null);
    if (amount !== value) onSave(amount);
  };
  return (
    <Field {...(amount === null ? { validationMessage: t('field.amount') } : {})}>
      <Input
        className={styles.number}
        aria-label={name}
        inputMode="decimal"
        contentBefore={<span aria-hidden>¥</span>}
        value={typed ?? value}
        onChange={(_, data) => setTyped(data.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) commit();
        }}
      />
    </Field>
  );
}

function EmailRow({ alerts, wrong, onSave }: Omit<FieldsProps, 'field'> & { readonly wrong: boolean }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const isFinance = useRole() === 'finance';
  const [typed, setTyped] = useState<string | null>(null);
  const address = (typed ?? alerts.email.address).trim();
  // Whether an address exists only a message can show; this catches what cannot be one.
  const plausible = /^[^\s@]+@[^\s@]+$/.test(address);
  const bad = wrong || (address !== '' && !plausible);
  const commit = (): void => {
    if (typed === null || (address !== '' && !plausible)) return;
    setTyped(null);
    if (address === alerts.email.address) return;
    onSave({
      ...alerts,
      email: { ...alerts.email, enabled: alerts.email.enabled && address !== '', address },
    });
  };
  return (
    <div className={styles.wide}>
      <Switch
        className={styles.toggle}
        label={t('alerts.email')}
        checked={alerts.email.enabled}
        disabled={!plausible}
        onChange={(_, { checked }) =>
          onSave({ ...alerts, email: { ...alerts.email, enabled: checked, address } })
        }
      />
      <Field {...(bad ? { validationMessage: t('field.email') } : {})}>
        <Input
          type="email"
          aria-label={t('alerts.emailAddress')}
          placeholder="name@example.com"
          value={typed ?? alerts.email.address}
          onChange={(_, data) => setTyped(data.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.nativeEvent.isComposing) commit();
          }}
        />
      </Field>
      {isFinance && (
        <Switch
          className={styles.toggle}
          label={t('alerts.findings')}
          checked={alerts.email.enabled && alerts.email.findings !== false}
          disabled={!alerts.email.enabled}
          onChange={(_, { checked }) => onSave({ ...alerts, email: { ...alerts.email, findings: checked } })}
        />
      )}
    </div>
  );
}
