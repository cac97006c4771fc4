/** The list of kept views: each can be shown, renamed where it stands, and deleted; the last one deleted can be taken back. */
import { useState } from 'react';
import {
  Button,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Text,
} from '@fluentui/react-components';
import { Delete20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { HistoryView } from '../../../shared/ipc-history.ts';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { InfoDialog } from '../../parts/InfoDialog.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { keepView, removeView, useViews } from '../../state/views.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyle: 'none', display: 'flex', flexDirection: 'column', gap: '8px' },
  row: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) auto auto', gap: '8px', alignItems: 'start' },
});

interface Props {
  readonly onShow: (view: HistoryView) => void;
  readonly onClose: () => void;
}

export function ManageViewsDialog({ onShow, onClose }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const views = useViews() ?? [];
  const [removed, setRemoved] = useState<HistoryView | null>(null);
  const [problem, setProblem] = useState<DeskProblem | null>(null);

  const remove = async (view: HistoryView): Promise<void> => {
    const reply = await removeView(view.id);
    setProblem(reply.ok ? null : reply.problem);
    if (reply.ok) setRemoved(view);
  };
  const takeBack = async (view: HistoryView): Promise<void> => {
    const reply = await keepView(view);
    setProblem(reply.ok ? null : reply.problem);
    if (reply.ok) setRemoved(null);
  };

  return (
    <InfoDialog open title={t('views.manage')} onClose={onClose}>
      {views.length === 0 && <Text>{t('views.none')}</Text>}
      <ul className={styles.list}>
        {views.map((view) => (
          <li key={view.id} className={styles.row}>
            <ViewName view={view} />
            <Button aria-label={t('views.showOf', { name: view.name })} onClick={() => onShow(view)}>
              {t('views.show')}
            </Button>
            <Button
              appearance="subtle"
              icon={<Delete20Regular />}
              title={t('views.remove')}
              aria-label={t('views.removeOf', { name: view.name })}
              onClick={() => void remove(view)}
            />
          </li>
        ))}
      </ul>
      {removed !== null && (
        <MessageBar role="status">
          <MessageBarBody>{t('views.removed', { name: removed.name })}</MessageBarBody>
          <MessageBarActions>
            <Button size="small" onClick={() => void takeBack(removed)}>
              {t('common.undo')}
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {problem !== null && <ProblemMessage problem={problem} />}
    </InfoDialog>
  );
}

function ViewName({ view }: { readonly view: HistoryView }) {
  const { t } = useTranslation();
  // Null while it is not being typed in: then the field shows the name that is kept.
  const [typed, setTyped] = useState<string | null>(null);
  const [isTaken, setTaken] = useState(false);

  const commit = async (): Promise<void> => {
    const name = typed?.trim() ?? '';
    if (name === '' || name === view.name) {
      setTyped(null);
      return;
    }
    const reply = await keepView({ ...view, name });
    setTaken(!reply.ok);
    if (reply.ok) setTyped(null);
  };

  return (
    <Field {...(isTaken ? { validationMessage: t('views.taken') } : {})}>
      <Input
        aria-label={t('views.nameOf', { name: view.name })}
        maxLength={40}
        value={typed ?? view.name}
        onChange={(_, data) => {
          setTyped(data.value);
          setTaken(false);
        }}
        onBlur={() => void commit()}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) void commit();
        }}
      />
    </Field>
  );
}
