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
  Tab,
  TabList,
  Text,
  tokens,
} from '@fluentui/react-components';
import { Add16Regular, Delete16Regular, Edit16Regular, TableSimple24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../../../../shared/ipc.ts';
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
import type { Outcome } from '../useAct.ts';
import { Changes } from './Changes.tsx';
import { FieldInput } from './FieldInput.tsx';
import { ItemDialog } from './ItemDialog.tsx';
import { PublishDialog, type Publishing } from './PublishDialog.tsx';
import {
  changesBetween,
  itemsOf,
  linesOf,
  shown,
  textOf,
  type Content,
  type DocumentSpec,
  type Item,
  type ListSpec,
} from './spec.ts';

const useStyles = makeStyles({
  line: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '6px 12px', flexShrink: 0 },
  tabs: { marginLeft: '-10px' },
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
  /** The version that it was begun from. */
  readonly basis: number;
  readonly content: Content;
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
    setDraft({ basis: newest?.version ?? 0, content: from });
  };
  const changes = useMemo(
    () =>
      draft === null
        ? []
        : changesBetween(spec, newest?.content ?? empty, draft.content, t('office.document.settings')),
    [spec, newest, empty, draft, t],
  );
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
            <Button appearance="primary" disabled={changes.length === 0} onClick={() => setChecking(true)}>
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
      {draft !== null && <DraftBar basis={draft.basis} newest={newest?.version ?? 0} />}
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
        loading={versions === null && problem === null}
        {...(draft === null ? {} : { onContent: (next: Content) => setDraft({ ...draft, content: next }) })}
      />
      {checking && draft !== null && (
        <PublishDialog
          spec={spec}
          content={draft.content}
          before={newest?.content ?? empty}
          changes={changes}
          publishing={publishing}
          onDone={(came) => {
            setChecking(false);
            setDraft(null);
            setOutcome(came);
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

/** Somebody else may have published since the draft was begun. */
function DraftBar({ basis, newest }: { readonly basis: number; readonly newest: number }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const moved = newest > basis;
  return (
    <MessageBar intent={moved ? 'warning' : 'info'} layout="singleline" className={styles.bar} role="status">
      <MessageBarBody className={styles.words}>
        {moved ? t('office.document.draftMoved', { basis, newest }) : t('office.document.draft')}
      </MessageBarBody>
    </MessageBar>
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
  const [comparing, setComparing] = useState(false);
  return (
    <>
      <MessageBar intent="info" layout="singleline" className={styles.bar} role="status">
        <MessageBarBody className={styles.words}>
          {t('office.document.old', { version: old.version, time: format.dateTime(old.at) })}
        </MessageBarBody>
        <MessageBarActions>
          <Button size="small" onClick={() => setComparing(true)}>
            {t('office.document.compare')}
          </Button>
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
      <InfoDialog
        open={comparing}
        wide
        title={t('office.document.compareTitle', { from: old.version, to: newest.version })}
        onClose={() => setComparing(false)}
      >
        <Changes changes={changesBetween(spec, old.content, newest.content, t('office.document.settings'))} />
      </InfoDialog>
    </>
  );
}

interface ListsProps {
  readonly name: string;
  readonly spec: DocumentSpec;
  readonly content: Content;
  readonly loading: boolean;
  /** Absent: it is only read. */
  readonly onContent?: (content: Content) => void;
}

function Lists({ name, spec, content, loading, onContent }: ListsProps) {
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
        <TabList
          size="small"
          className={styles.tabs}
          selectedValue={list.path}
          onTabSelect={(_, data) => setTab(String(data.value))}
        >
          {spec.lists.map((one) => (
            <Tab key={one.path} value={one.path}>
              {t('office.document.tab', { title: one.title, count: itemsOf(content, one).length })}
            </Tab>
          ))}
        </TabList>
        {spec.settings.map((field) =>
          onContent === undefined ? (
            <Text key={field.path} size={200} className={styles.quiet}>
              {`${field.label}: ${shown(field, content[field.path])}`}
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
  readonly loading: boolean;
  readonly onOpen: (index: number) => void;
  readonly onRemove?: (index: number) => void;
}

interface Row {
  readonly item: Item;
  readonly index: number;
}

function ItemTable({ list, items, loading, onOpen, onRemove }: TableProps) {
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
      ended={!loading}
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
