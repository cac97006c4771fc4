/** The executor that new campaigns start from. A choice counts at once, a typed address when its field is left. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ExecutorChoice } from '../../../shared/ipc-campaigns.ts';
import { ExecutorFields, type Executor } from '../../parts/ExecutorFields.tsx';

interface Props {
  readonly executor: Executor;
  readonly onSave: (executor: Executor) => void;
}

export function ExecutorSetting({ executor, onSave }: Props) {
  const { t } = useTranslation();
  // An address that is being typed; null while there is nothing but what is saved.
  const [typed, setTyped] = useState<Executor | null>(null);
  const bad = typed !== null && !ExecutorChoice.safeParse(typed).success;

  const change = (next: Executor): void => {
    const typing = next.kind === 'http' && (typed ?? executor).kind === 'http';
    setTyped(typing ? next : null);
    if (!typing) onSave(next);
  };
  const commit = (): void => {
    if (typed === null || bad) return;
    setTyped(null);
    onSave(typed);
  };

  return (
    <div onBlur={commit}>
      <ExecutorFields
        value={typed ?? executor}
        onChange={change}
        urlProblem={bad ? t('field.url') : undefined}
      />
    </div>
  );
}
