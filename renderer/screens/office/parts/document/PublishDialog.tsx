/** Shows what a draft changes and from when, and publishes it once a person has said so, and why. */
import { useState, type ComponentType } from 'react';
import { makeStyles, Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../../../../shared/ipc-words.ts';
import { ReasonDialog } from '../ReasonDialog.tsx';
import { Changes } from './Changes.tsx';
import { placeInWords, type Change, type Content, type DocumentSpec } from './spec.ts';
import type { Outcome } from '../useAct.ts';

const useStyles = makeStyles({
  changes: { maxHeight: '40vh', overflow: 'auto' },
  wrong: { display: 'block' },
});

export interface Publishing {
  readonly may: boolean;
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  readonly clear: () => void;
  /** `moved`: somebody else published since `madeFrom`, and this was not. Null: refused, and `problem` says why. */
  readonly publish: (
    content: Content,
    how: { readonly madeFrom: number; readonly reason: string },
  ) => Promise<Outcome | 'moved' | null>;
  /** What publishing does, in words. */
  readonly means: string;
  /** What else a person chooses or should see first; hands on the content that is to be published. */
  readonly Ask?: ComponentType<{
    readonly before: Content;
    readonly content: Content;
    readonly onContent: (content: Content | null) => void;
  }>;
}

interface Props {
  readonly spec: DocumentSpec;
  readonly before: Content;
  readonly content: Content;
  readonly changes: readonly Change[];
  /** The version that the content was made from. */
  readonly madeFrom: number;
  /** Why, as it was written before. */
  readonly reason: string;
  readonly publishing: Publishing;
  readonly onDone: (outcome: Outcome) => void;
  /** Somebody else published meanwhile; hands back why this was to be. */
  readonly onMoved: (reason: string) => void;
  readonly onClose: () => void;
}

export function PublishDialog(props: Props) {
  const { spec, before, content, changes, madeFrom, publishing, onDone, onMoved, onClose } = props;
  const { t } = useTranslation();
  const styles = useStyles();
  // Null: something that is asked for is not there yet.
  const [asked, setAsked] = useState<Content | null>(content);
  const { Ask, problem } = publishing;
  const field = problem?.field;
  const place = field === undefined ? [] : placeInWords(spec, content, field);
  const publish = async (reason: string): Promise<void> => {
    if (asked === null) return;
    const came = await publishing.publish(asked, { madeFrom, reason });
    if (came === 'moved') {
      publishing.clear();
      onMoved(reason);
    } else if (came !== null) onDone(came);
  };
  return (
    <ReasonDialog
      title={t('office.document.publishTitle')}
      confirm={t('office.document.publish')}
      cancel={t('office.document.goOn')}
      busy={publishing.busy}
      disabled={asked === null}
      reason={props.reason}
      problem={problem}
      onConfirm={(reason) => void publish(reason)}
      onClose={() => {
        publishing.clear();
        onClose();
      }}
    >
      <Text>{publishing.means}</Text>
      {Ask !== undefined && <Ask before={before} content={content} onContent={setAsked} />}
      <div className={styles.changes} tabIndex={0} role="group" aria-label={t('office.document.changes')}>
        <Changes changes={changes} />
      </div>
      {place.length > 0 && (
        <Text role="alert" weight="semibold" className={styles.wrong}>
          {t('office.document.wrongPlace', { place: place.join(' › ') })}
        </Text>
      )}
    </ReasonDialog>
  );
}
