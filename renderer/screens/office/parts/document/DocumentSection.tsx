/**
 * A document that is published by versions, as a section: its lists as tables, older versions to be read and compared,
 * and a draft that outlives the section. Nothing of a draft counts until it is published, and that shows what it changes
 * and asks first.
 */
import { useMemo, useState, type ReactNode } from 'react';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import { Add16Regular, Delete16Regular, Edit16Regular, TableSimple24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../../../../shared/ipc-words.ts';
import { DetailDrawer } from '../../../../parts/DetailDrawer.tsx';
import { EmptyState } from '../../../../parts/EmptyState.tsx';
import { Facts } from '../../../../parts/Facts.tsx';
import { InfoDialog } from '../../../../parts/InfoDialog.tsx';
import { Page } from '../../../../parts/Page.tsx';
import { RetryMessage } from '../../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../../parts/useFormat.ts';
import { VirtualTable, type Column } from '../../../../parts/VirtualTable.tsx';
import { useKept } from '../../../../state/office.ts';
import { OutcomeBar } from '../OutcomeBar.tsx';
import { Views } from '../Views.tsx';
import type { Outcome } from '../useAct.ts';
import { Changes } from './Changes.tsx';
import { FieldInput } from './FieldInput.tsx';
import { ItemDialog } from './ItemDialog.tsx';
import { PublishDialog, type Publishing } from './PublishDialog.tsx';
import {
  changesBetween,
  itemsOf,
  linesOf,
  onTopOf,
  shown,
  textOf,
  type Content,
  type DocumentSpec,
  type Item,
  type ListSpec,
} from './spec.ts';

const useStyles = makeStyles({
  line: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '6px 12px', flexShrink: 0 },
  add: { marginLeft: 'auto' },
  bar: { flexShrink: 0, paddingTop: '6px', paddingBottom: '6px' },
  words: { whiteSpace: 'normal' },
  quiet: { color: tokens.colorNeutralForeground3, fontVariantNumeric: 'tabular-nums' },
  setting: { minWidth: '220px' },
  version: { minWidth: '200px', '& select': { minWidth: 0 } },
});

export interface Version {
  readonly version: number;
  /** When it was published. */
  readonly at: string;
  readonly content: Content;
  /** What else is to be said of it, such as from when it counts. */
  readonly note?: string | undefined;
}

interface Draft {
  /** The version that it was begun from, or was put on top of since, and what that says. */
  readonly basis: number;
  readonly begunFrom: Content;
  readonly content: Content;
  /** What others published meanwhile is in it. */
  readonly isOnTop?: boolean;
  /** Why it was to be published, where it was not. */
  readonly reason?: string;
}

interface Props {
  /** Under which what is typed is kept. */
  readonly name: string;
  readonly title: string;
  readonly spec: DocumentSpec;
  /** Newest first; null until they are read. */
  readonly versions: readonly Version[] | null;
  readonly problem: DeskProblem | null;
  readonly onReadAgain: () => void;
  readonly publishing: Publishing;
  /** What is to be seen beside the tables. */
  readonly children?: ReactNode;
}

export function DocumentSection(props: Props) {
  const { name, title, spec, versions, problem, onReadAgain, publishing } = props;
  const { t } = useTranslation();
  const [draft, setDraft] = useKept<Draft | null>(`${name}.draft`, null);
  const [chosen, setChosen] = useKept<number | null>(`${name}.version`, null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [checking, setChecking] = useState(false);
  const newest = versions?.[0] ?? null;
  const old = draft === null ? (versions?.find(({ version }) => version === chosen) ?? null) : null;
  const empty: Content = useMemo(() => Object.fromEntries(spec.lists.map(({ path }) => [path, []])), [spec]);
  const content = draft?.content ?? (old ?? newest)?.content ?? empty;
  const edit = (from: Content): void => {
    setOutcome(null);
    setChosen(null);
    setDraft({ basis: newest?.version ?? 0, begunFrom: newest?.content ?? empty, content: from });
  };
  const changes = useMemo(
    () =>
      draft === null
        ? []
        : changesBetween(spec, draft.begunFrom, draft.content, t('office.document.settings')),
    [spec, draft, t],
  );
  const hasMoved = draft !== null && newest !== null && newest.version > draft.basis;
  return (
    <Page
      title={title}
      fill
      actions={
        draft === null ? (
          <>
            <VersionChoice versions={versions ?? []} chosen={old} onChoose={setChosen} />
            {publishing.may && versions !== null && old === null && (
              <Button icon={<Edit16Regular />} onClick={() => edit(content)}>
                {t('office.document.edit')}
              </Button>
            )}
          </>
        ) : (
          <>
            <Button onClick={() => setDraft(null)}>{t('office.document.discard')}</Button>
            <Button
              appearance="primary"
              disabledFocusable={changes.length === 0 || hasMoved}
              onClick={() => setChecking(true)}
            >
              {t('office.document.check', { count: changes.length })}
            </Button>
          </>
        )
      }
    >
      {problem !== null && <RetryMessage problem={problem} onRetry={onReadAgain} />}
      {outcome !== null && (
        <OutcomeBar
          outcome={outcome}
          done={t('office.document.published')}
          onDismiss={() => setOutcome(null)}
        />
      )}
      {draft !== null &&
        (hasMoved ? (
          <MovedBar
            spec={spec}
            draft={draft}
            newest={newest}
            onTakeIn={() =>
              setDraft({
                ...draft,
                basis: newest.version,
                begunFrom: newest.content,
                content: onTopOf(newest.content, spec, { begunFrom: draft.begunFrom, draft: draft.content }),
                isOnTop: true,
              })
            }
          />
        ) : (
          <DraftBar basis={draft.basis} isOnTop={draft.isOnTop === true} />
        ))}
      {old !== null && newest !== null && old !== newest && (
        <OldBar
          spec={spec}
          old={old}
          newest={newest}
          onBack={() => setChosen(null)}
          {...(publishing.may ? { onTakeUp: () => edit(old.content) } : {})}
        />
      )}
      {props.children}
      <Lists
        name={name}
        spec={spec}
        content={content}
        known={versions !== null || draft !== null}
        loading={versions === null && problem === null}
        {...(draft === null ? {} : { onContent: (next: Content) => setDraft({ ...draft, content: next }) })}
      />
      {checking && draft !== null && (
        <PublishDialog
          spec={spec}
          content={draft.content}
          before={draft.begunFrom}
          changes={changes}
          madeFrom={draft.basis}
          reason={draft.reason ?? ''}
          publishing={publishing}
          onDone={(came) => {
            setChecking(false);
            setDraft(null);
            setOutcome(came);
            onReadAgain();
          }}
          onMoved={(reason) => {
            setChecking(false);
            setDraft({ ...draft, reason });
            onReadAgain();
          }}
          onClose={() => setChecking(false)}
        />
      )}
    </Page>
  );
}

interface ChoiceProps {
  readonly versions: readonly Version[];
  readonly chosen: Version | null;
  readonly onChoose: (version: number | null) => void;
}

function VersionChoice({ versions, chosen, onChoose }: ChoiceProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const [newest] = versions;
  if (newest === undefined) return null;
  return (
    <Select
      className={styles.version}
      aria-label={t('office.document.version')}
      value={String((chosen ?? newest).version)}
      onChange={(_, data) => onChoose(Number(data.value) === newest.version ? null : Number(data.value))}
    >
      {versions.map(({ version, at, note }) => (
        <option key={version} value={version}>
          {note === undefined
            ? t('office.document.versionLine', { version, time: format.dateTime(at) })
            : t('office.document.versionNote', { version, time: format.dateTime(at), note })}
        </option>
      ))}
    </Select>
  );
}

function DraftBar({ basis, isOnTop }: { readonly basis: number; readonly isOnTop: boolean }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <MessageBar intent="info" layout="singleline" className={styles.bar} role="status">
      <MessageBarBody className={styles.words}>
        {isOnTop ? t('office.document.draftOnTop', { basis }) : t('office.document.draft')}
      </MessageBarBody>
    </MessageBar>
  );
}

interface MovedProps {
  readonly spec: DocumentSpec;
  readonly draft: Draft;
  readonly newest: Version;
  readonly onTakeIn: () => void;
}

/** Somebody else published since the draft was begun: what, and taking it into the draft before that is published. */
function MovedBar({ spec, draft, newest, onTakeIn }: MovedProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <MessageBar intent="warning" layout="multiline" className={styles.bar} role="alert">
      <MessageBarBody className={styles.words}>
        {t('office.document.draftMoved', { basis: draft.basis, newest: newest.version })}
      </MessageBarBody>
      <MessageBarActions>
        <Comparing
          spec={spec}
          from={{ version: draft.basis, content: draft.begunFrom }}
          to={newest}
          button={t('office.document.seeTheirs')}
        />
        <Button size="small" onClick={onTakeIn}>
          {t('office.document.takeIn')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}

interface ComparingProps {
  readonly spec: DocumentSpec;
  readonly from: Pick<Version, 'version' | 'content'>;
  readonly to: Pick<Version, 'version' | 'content'>;
  readonly button: string;
}

/** A button that shows what one version changes of another. */
function Comparing({ spec, from, to, button }: ComparingProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {button}
      </Button>
      <InfoDialog
        open={open}
        wide
        title={t('office.document.compareTitle', { from: from.version, to: to.version })}
        onClose={() => setOpen(false)}
      >
        <Changes changes={changesBetween(spec, from.content, to.content, t('office.document.settings'))} />
      </InfoDialog>
    </>
  );
}

interface OldProps {
  readonly spec: DocumentSpec;
  readonly old: Version;
  readonly newest: Version;
  readonly onBack: () => void;
  readonly onTakeUp?: () => void;
}

function OldBar({ spec, old, newest, onBack, onTakeUp }: OldProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return (
    <MessageBar intent="info" layout="singleline" className={styles.bar} role="status">
      <MessageBarBody className={styles.words}>
        {t('office.document.old', { version: old.version, time: format.dateTime(old.at) })}
      </MessageBarBody>
      <MessageBarActions>
        <Comparing spec={spec} from={old} to={newest} button={t('office.document.compare')} />
        {onTakeUp !== undefined && (
          <Button size="small" onClick={onTakeUp}>
            {t('office.document.takeUp')}
          </Button>
        )}
        <Button size="small" onClick={onBack}>
          {t('office.document.toNewest')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}

interface ListsProps {
  readonly name: string;
  readonly spec: DocumentSpec;
  readonly content: Content;
  /** False: what the document has was not read yet, or could not be. */
  readonly known: boolean;
  readonly loading: boolean;
  /** Absent: it is only read. */
  readonly onContent?: (content: Content) => void;
}

function Lists({ name, spec, content, known, loading, onContent }: ListsProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const [tab, setTab] = useKept<string | null>(`${name}.list`, null);
  const list = spec.lists.find(({ path }) => path === tab) ?? spec.lists[0];
  const [open, setOpen] = useState<{ readonly index: number | null } | null>(null);
  if (list === undefined) return null;
  const items = itemsOf(content, list);
  const item = open === null || open.index === null ? null : (items[open.index] ?? null);
  const put = (next: readonly Item[]): void => onContent?.({ ...content, [list.path]: next });
  return (
    <>
      <div className={styles.line}>
        <Views
          views={spec.lists.map((one) => ({
            value: one.path,
            // How many there are is not known until they are read.
            name: known
              ? t('office.document.tab', { title: one.title, count: itemsOf(content, one).length })
              : one.title,
          }))}
          shown={list.path}
          onShow={setTab}
        />
        {(known ? spec.settings : []).map((field) =>
          onContent === undefined ? (
            <Text key={field.path} size={200} className={styles.quiet}>
              {t('office.document.settingLine', {
                label: field.label,
                value: shown(field, content[field.path]),
              })}
            </Text>
          ) : (
            <span key={field.path} className={styles.setting}>
              <FieldInput
                field={field}
                inRow
                text={textOf(content[field.path])}
                wrong={false}
                onText={(text) => onContent({ ...content, [field.path]: text })}
              />
            </span>
          ),
        )}
        {onContent !== undefined && (
          <Button
            size="small"
            className={styles.add}
            icon={<Add16Regular />}
            onClick={() => setOpen({ index: null })}
          >
            {t('office.document.add', { one: list.one })}
          </Button>
        )}
      </div>
      <ItemTable
        key={list.path}
        list={list}
        items={items}
        known={known}
        loading={loading}
        onOpen={(index) => setOpen({ index })}
        {...(onContent === undefined ? {} : { onRemove: (index: number) => put(items.toSpliced(index, 1)) })}
      />
      {onContent !== undefined && open !== null && (
        <ItemDialog
          list={list}
          item={item}
          others={items.filter((one) => one !== item)}
          onKeep={(kept) => {
            put(open.index === null ? [...items, kept] : items.with(open.index, kept));
            setOpen(null);
          }}
          onClose={() => setOpen(null)}
        />
      )}
      <DetailDrawer
        shown={onContent === undefined ? item : null}
        title={(one) => list.nameOf(one)}
        onClose={() => setOpen(null)}
      >
        {(one) => (
          <Facts
            facts={linesOf(one, list.fields).map(({ path, label, text }) => ({
              // Of several lines the later ones are told apart by their number.
              name: /\.[1-9]\d*$/.test(path) ? `${label} ${Number(path.split('.').at(-1)) + 1}` : label,
              value: text,
            }))}
          />
        )}
      </DetailDrawer>
    </>
  );
}

interface TableProps {
  readonly list: ListSpec;
  readonly items: readonly Item[];
  readonly known: boolean;
  readonly loading: boolean;
  readonly onOpen: (index: number) => void;
  readonly onRemove?: (index: number) => void;
}

interface Row {
  readonly item: Item;
  readonly index: number;
}

function ItemTable({ list, items, known, loading, onOpen, onRemove }: TableProps) {
  const { t } = useTranslation();
  // One object for each: two items may be alike to the letter while one of them is being changed.
  const rows = useMemo(() => items.map((item, index): Row => ({ item, index })), [items]);
  const columns = useItemColumns(list, onRemove);
  return (
    <VirtualTable
      label={list.title}
      columns={columns}
      rows={rows}
      keyOf={({ index }) => index}
      loading={loading}
      // Where it could not be read, nothing is said of what is there.
      ended={known}
      openLabel={({ item }) =>
        t(onRemove === undefined ? 'office.document.open' : 'office.document.change_', {
          name: list.nameOf(item),
        })
      }
      onOpen={({ index }) => onOpen(index)}
      empty={
        <EmptyState
          icon={<TableSimple24Regular />}
          title={t('office.document.none', { title: list.title })}
        />
      }
    />
  );
}

function useItemColumns(list: ListSpec, onRemove: TableProps['onRemove']): readonly Column<Row>[] {
  const { t } = useTranslation();
  const columns: Column<Row>[] = list.columns.map(({ cell, ...column }) => ({
    ...column,
    cell: ({ item }) => <span title={cell(item)}>{cell(item)}</span>,
  }));
  if (onRemove === undefined) return columns;
  return [
    ...columns,
    {
      key: 'remove',
      header: t('column.actions'),
      width: '56px',
      end: true,
      controls: true,
      cell: ({ item, index }) => (
        <Button
          size="small"
          appearance="subtle"
          icon={<Delete16Regular />}
          aria-label={t('office.document.remove', { name: list.nameOf(item) })}
          onClick={() => onRemove(index)}
        />
      ),
    },
  ];
}
