/** The choice of what does the following, and its parameters, as fields. It keeps nothing. */
import { Field, Input, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { ExecutorChoice } from '../../shared/ipc-campaigns.ts';
import { CountField } from './CountField.tsx';

const useStyles = makeStyles({
  fields: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  numbers: {
    display: 'grid',
    gridTemplateColumns: 'repeat(3, minmax(0, 1fr))',
    gap: tokens.spacingHorizontalM,
  },
});

export type Executor = z.infer<typeof ExecutorChoice>;
export const simulatedDefault: Executor = { kind: 'simulated', seed: 1, failurePercent: 5, latencyMs: 400 };
export const httpDefault: Executor = { kind: 'http', url: 'http://127.0.0.1:4600' };

interface Props {
  readonly value: Executor;
  readonly onChange: (value: Executor) => void;
  /** What is wrong with the address, in words. */
  readonly urlProblem?: string | undefined;
}

export function ExecutorFields({ value, onChange, urlProblem }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <div className={styles.fields}>
      <Field label={t('executor.label')}>
        <RadioGroup
          layout="horizontal"
          value={value.kind}
          onChange={(_, data) => onChange(data.value === 'http' ? httpDefault : simulatedDefault)}
        >
          <Radio value="simulated" label={t('executor.simulated')} />
          <Radio value="http" label={t('executor.http')} />
        </RadioGroup>
      </Field>
      {value.kind === 'simulated' ? (
        <div className={styles.numbers}>
          <CountField
            label={t('executor.failurePercent')}
            suffix="%"
            value={value.failurePercent}
            min={0}
            max={100}
            onCommit={(failurePercent) => onChange({ ...value, failurePercent })}
          />
          <CountField
            label={t('executor.latency')}
            suffix={t('unit.ms')}
            value={value.latencyMs}
            min={0}
            max={60_000}
            onCommit={(latencyMs) => onChange({ ...value, latencyMs })}
          />
          <CountField
            label={t('executor.seed')}
            value={value.seed}
            min={0}
            max={999_999_999}
            onCommit={(seed) => onChange({ ...value, seed })}
          />
        </div>
      ) : (
        <Field
          label={t('executor.url')}
          hint={t('executor.urlHint')}
          {...(urlProblem === undefined ? {} : { validationMessage: urlProblem })}
        >
          <Input
            type="url"
            value={value.url}
            onChange={(_, data) => onChange({ kind: 'http', url: data.value })}
          />
        </Field>
      )}
    </div>
  );
}
