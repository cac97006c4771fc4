/**
 * Finds a screen, an action or a campaign by what is typed, and runs it with Enter. The input keeps the focus; what
 * Enter would run is marked in the list. Enter while an input method is composing chooses a word and runs nothing.
 */
import { useEffect, useId, useState } from 'react';
import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  Input,
  makeStyles,
  mergeClasses,
  Text,
  tokens,
} from '@fluentui/react-components';
import { Search20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { Keys } from '../../parts/Keys.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { navigation, showOverlay, useNavigation } from '../../state/navigation.ts';
import { usePaletteEntries, type PaletteEntry } from './usePaletteEntries.tsx';

const useStyles = makeStyles({
  // Near the upper edge, where the list grows downwards and the input stays where it is.
  surface: { maxWidth: '560px', padding: '8px', marginTop: '10vh', overflow: 'hidden' },
  body: { gap: '8px' },
  content: { gridColumn: '1 / -1', display: 'flex', flexDirection: 'column', gap: '8px', overflow: 'hidden' },
  list: { maxHeight: 'min(420px, 56vh)', overflow: 'auto', outline: 'none' },
  group: { padding: '8px 12px 4px', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  entry: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(0, 1fr) auto',
    alignItems: 'center',
    gap: '12px',
    minHeight: '36px',
    padding: '0 12px',
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'pointer',
  },
  marked: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    color: tokens.colorNeutralForeground1Selected,
    // High contrast has no shades between its colours; there the mark is a line.
    boxShadow: `inset 0 0 0 1px ${tokens.colorTransparentStrokeInteractive}`,
  },
  label: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  none: { padding: '24px 12px', textAlign: 'center', color: tokens.colorNeutralForeground3 },
});

export function CommandPalette() {
  const { t } = useTranslation();
  const styles = useStyles();
  const open = useNavigation((state) => state.overlay === 'palette');
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && showOverlay(null)}>
      <DialogSurface className={styles.surface} data-overlay aria-label={t('palette.title')}>
        <DialogBody className={styles.body}>
          <DialogContent className={styles.content}>
            <Finder />
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

const steps: Readonly<Record<string, (marked: number, last: number) => number>> = {
  ArrowDown: (marked, last) => (marked >= last ? 0 : marked + 1),
  ArrowUp: (marked, last) => (marked <= 0 ? last : marked - 1),
  PageDown: (marked, last) => Math.min(marked + 8, last),
  PageUp: (marked) => Math.max(marked - 8, 0),
};

function Finder() {
  const { t } = useTranslation();
  const listId = useId();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [problem, setProblem] = useState<DeskProblem | null>(null);
  const entries = usePaletteEntries(typed);
  const marked = Math.min(chosen, entries.length - 1);
  const entryId = (index: number): string => `${listId}-${index}`;

  const run = async (entry: PaletteEntry | undefined): Promise<void> => {
    if (entry === undefined) return;
    const refused = await entry.run();
    setProblem(refused);
    // One that opened the other overlay has closed this one already.
    if (refused === null && navigation.getState().overlay === 'palette') showOverlay(null);
  };
  const pressed = (event: React.KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const step = steps[event.key];
    if (step !== undefined) setChosen(step(marked, entries.length - 1));
    else if (event.key === 'Enter') void run(entries[marked]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <Input
        size="large"
        appearance="filled-lighter"
        role="combobox"
        aria-label={t('palette.title')}
        aria-expanded
        aria-controls={listId}
        aria-autocomplete="list"
        {...(entries.length === 0 ? {} : { 'aria-activedescendant': entryId(marked) })}
        placeholder={t('palette.placeholder')}
        contentBefore={<Search20Regular />}
        maxLength={100}
        value={typed}
        onChange={(_, data) => {
          setTyped(data.value);
          setChosen(0);
        }}
        onKeyDown={pressed}
      />
      {problem !== null && <ProblemMessage problem={problem} />}
      <EntryList
        id={listId}
        entries={entries}
        marked={marked}
        entryId={entryId}
        onRun={(entry) => void run(entry)}
      />
    </>
  );
}

interface ListProps {
  readonly id: string;
  readonly entries: readonly PaletteEntry[];
  readonly marked: number;
  readonly entryId: (index: number) => string;
  readonly onRun: (entry: PaletteEntry) => void;
}

function EntryList({ id, entries, marked, entryId, onRun }: ListProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const markedId = entryId(marked);
  useEffect(() => {
    document.getElementById(markedId)?.scrollIntoView({ block: 'nearest' });
  }, [markedId]);
  const groups = [...new Set(entries.map(({ group }) => group))];
  return (
    <div id={id} role="listbox" aria-label={t('palette.found')} className={styles.list}>
      {entries.length === 0 && <div className={styles.none}>{t('palette.none')}</div>}
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <div role="presentation" className={styles.group}>
            {group}
          </div>
          {entries.map((entry, index) =>
            entry.group !== group ? null : (
              <div
                key={entry.id}
                id={entryId(index)}
                role="option"
                aria-selected={index === marked}
                className={mergeClasses(styles.entry, index === marked && styles.marked)}
                onClick={() => onRun(entry)}
              >
                <entry.icon aria-hidden />
                <span className={styles.label}>{entry.label}</span>
                {entry.keys !== undefined && <Keys pressed={entry.keys} />}
                {entry.note !== undefined && <Text className={styles.note}>{entry.note}</Text>}
              </div>
            ),
          )}
        </div>
      ))}
    </div>
  );
}
