/** What a number of follows would cost, and whether the money suffices. The engine works it out; nothing is started. */
import { useEffect, useState } from 'react';
import { Field, Input, makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { quantityMax } from '../../../shared/api-words.ts';
import type { CommandReply } from '../../../shared/ipc.ts';
import { invoke } from '../../bridge.ts';
import { typedCount } from '../../format.ts';
import { BalanceCheckLine } from '../../parts/BalanceCheckLine.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { QuoteExplanation } from '../../parts/QuoteExplanation.tsx';
import { Section } from '../../parts/Section.tsx';
import { operationName, platformName } from '../../parts/words.ts';
import { useDesk } from '../../state/mirror.ts';

const useStyles = makeStyles({
  fields: { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '8px 12px' },
  wide: { gridColumn: '1 / -1' },
  // The tallest answer's height, so that nothing below moves while a number is being typed.
  answer: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, minHeight: '190px' },
  hint: { color: tokens.colorNeutralForeground3 },
});

/** The last answer, which stays on screen until the next one is there. */
interface Answered {
  readonly question: string;
  readonly reply: CommandReply<'price.calculate'>;
}

export function Calculator() {
  const { t } = useTranslation();
  const styles = useStyles();
  const pricing = useDesk((desk) => desk.pricing);
  const available = useDesk(({ balance }) => balance?.available);
  const prices = pricing?.book.prices ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState('100');
  const [answered, setAnswered] = useState<Answered | null>(null);

  const platforms = [...new Set(prices.map(({ platform }) => platform))];
  const platform = chosen ?? platforms[0];
  const operations = prices.filter((one) => one.platform === platform).map(({ operation }) => operation);
  const [chosenOperation, setChosenOperation] = useState<string | null>(null);
  const operation = operations.find((one) => one === chosenOperation) ?? operations[0];
  const quantity = typedCount(typed, 1, quantityMax);
  // Another price book or balance gives another answer to the same question.
  const question = `${platform}/${operation}/${quantity}/${pricing?.book.version}/${available}`;

  useEffect(() => {
    if (platform === undefined || operation === undefined || quantity === null) return undefined;
    let current = true;
    const ask = async (): Promise<void> => {
      const reply = await invoke('price.calculate', { platform, operation, quantity });
      if (current) setAnswered({ question, reply });
    };
    void ask();
    return () => {
      current = false;
    };
  }, [platform, operation, quantity, question]);

  return (
    <Section title={t('calculator.title')}>
      <div className={styles.fields}>
        <Field label={t('calculator.platform')}>
          <Select value={platform ?? ''} onChange={(_, data) => setChosen(data.value)}>
            {platforms.map((one) => (
              <option key={one} value={one}>
                {platformName(t, one)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t('calculator.operation')}>
          <Select value={operation ?? ''} onChange={(_, data) => setChosenOperation(data.value)}>
            {operations.map((one) => (
              <option key={one} value={one}>
                {operationName(t, one)}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          className={styles.wide}
          label={t('calculator.quantity')}
          {...(quantity === null
            ? { validationMessage: t('field.countBetween', { min: 1, max: quantityMax }) }
            : {})}
        >
          <Input inputMode="numeric" value={typed} onChange={(_, data) => setTyped(data.value)} />
        </Field>
      </div>
      <div className={styles.answer} aria-busy={answered?.question !== question}>
        {quantity !== null && answered !== null && <Answer reply={answered.reply} />}
        {pricing === null && <Text className={styles.hint}>{t('pricing.notYet')}</Text>}
      </div>
    </Section>
  );
}

function Answer({ reply }: { readonly reply: Answered['reply'] }) {
  if (!reply.ok) return <ProblemMessage problem={reply.problem} />;
  return (
    <>
      <QuoteExplanation quote={reply.output.quote} />
      <BalanceCheckLine check={reply.output.check} />
    </>
  );
}
