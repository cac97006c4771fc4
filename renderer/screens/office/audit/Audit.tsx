/** The audit log: who did what, from where, and what came of it; found by who, what, outcome, days and text. */
import { useState } from 'react';
import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownload20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { AuditOutcome, type AuditEntry } from '../../../../shared/api-audit.ts';
import { dayBefore, instantOf } from '../../../format.ts';
import { Page } from '../../../parts/Page.tsx';
import { ProblemMessage } from '../../../parts/ProblemMessage.tsx';
import { SearchField } from '../../../parts/SearchField.tsx';
import { useFormat, useTimeZone } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { useCommand } from '../../../state/command.ts';
import { noteExport } from '../../../state/exports.ts';
import { usePages } from '../../../state/pages.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { AccountFilter, ChoiceFilter, DaysFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { actions, useActionName } from './actions.ts';
import { EntryDrawer } from './EntryDrawer.tsx';
import { OutcomeBadge } from './OutcomeBadge.tsx';
import { useWho } from './who.ts';
import { Verification } from './Verification.tsx';

const useStyles = makeStyles({
  text: { flex: '1 1 140px', minWidth: '140px', maxWidth: '220px' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface Filter {
  readonly text?: string;
  readonly actor?: ChosenAccount;
  readonly action?: (typeof actions)[number];
  readonly outcome?: AuditOutcome;
  readonly fromDay?: string;
  readonly toDay?: string;
}

const nothing: Filter = {};
const keyOf = ({ seq }: AuditEntry): number => seq;

export function Audit() {
  const { t } = useTranslation();
  const styles = useStyles();
  const actionName = useActionName();
  const { filter, change, onClear } = useNarrowing<Filter>('audit.filter', nothing);
  const query = useQuery(filter);
  const pages = usePages('audit', query, keyOf);
  const exporting = useCommand('export.audit');
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const columns = useColumns();
  const write = async (): Promise<void> => {
    const reply = await exporting.run({ filter: query });
    if (reply?.ok === true && reply.output !== null) noteExport(reply.output);
  };
  return (
    <Page
      title={t('office.audit.title')}
      fill
      actions={
        <>
          <Button
            icon={<ArrowDownload20Regular />}
            disabledFocusable={exporting.busy}
            onClick={() => void write()}
          >
            {t('office.audit.export')}
          </Button>
          <Verification />
        </>
      }
    >
      {exporting.problem !== null && <ProblemMessage problem={exporting.problem} />}
      <OfficeList
        label={t('office.audit.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ seq }) => t('office.audit.open', { seq })}
        onOpen={setOpen}
        none={{ title: t('office.audit.none') }}
        onClear={onClear}
      >
        <SearchField
          className={styles.text}
          label={t('office.audit.search')}
          text={filter.text ?? ''}
          onText={(text) => change({ text })}
        />
        <AccountFilter
          label={t('office.audit.who')}
          chosen={filter.actor}
          onChoose={(chosen) => change({ actor: chosen })}
        />
        <ChoiceFilter
          label={t('office.audit.what')}
          all={t('office.audit.anything')}
          options={actions}
          nameOf={actionName}
          chosen={filter.action}
          onChoose={(action) => change({ action })}
        />
        <ChoiceFilter
          label={t('office.audit.result')}
          all={t('office.audit.anyOutcome')}
          options={AuditOutcome.options}
          nameOf={(outcome) => t(`office.audit.outcome.${outcome}`)}
          chosen={filter.outcome}
          onChoose={(outcome) => change({ outcome })}
        />
        <DaysFilter
          fromDay={filter.fromDay}
          toDay={filter.toDay}
          onDays={({ fromDay, toDay }) => change({ fromDay, toDay })}
        />
      </OfficeList>
      <EntryDrawer entry={open} onClose={() => setOpen(null)} />
    </Page>
  );
}

/** Days are of the person's own calendar, both included. */
function useQuery({ actor, fromDay, toDay, ...rest }: Filter) {
  const timeZone = useTimeZone();
  const from = fromDay === undefined ? null : instantOf(fromDay, '00:00', timeZone);
  const to = toDay === undefined ? null : instantOf(dayBefore(toDay, -1), '00:00', timeZone);
  return {
    ...rest,
    ...(actor === undefined ? {} : { actorId: actor.id }),
    ...(from === null ? {} : { fromInclusive: from }),
    ...(to === null ? {} : { toExclusive: to }),
  };
}

function useColumns(): readonly Column<AuditEntry>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const actionName = useActionName();
  const whoOf = useWho();
  return [
    { key: 'time', header: t('column.time'), width: '150px', cell: ({ at }) => format.dateTime(at) },
    { key: 'who', header: t('office.audit.who'), width: 'minmax(80px, 1fr)', cell: whoOf },
    {
      key: 'what',
      header: t('office.audit.what'),
      width: 'minmax(96px, 1.1fr)',
      cell: ({ action }) => actionName(action),
    },
    {
      key: 'about',
      header: t('office.audit.about'),
      width: 'minmax(100px, 1.3fr)',
      fromTablePx: 640,
      cell: ({ aboutName, subject }) => aboutName ?? <span className={styles.quiet}>{subject ?? '–'}</span>,
    },
    {
      key: 'reason',
      header: t('column.reason'),
      width: 'minmax(90px, 1.2fr)',
      fromTablePx: 860,
      cell: ({ reason }) => <span className={styles.quiet}>{reason ?? ''}</span>,
    },
    {
      key: 'outcome',
      header: t('office.audit.result'),
      width: '76px',
      cell: ({ outcome }) => <OutcomeBadge outcome={outcome} />,
    },
    {
      key: 'seq',
      header: t('column.number'),
      width: '56px',
      end: true,
      fromTablePx: 740,
      cell: ({ seq }) => <span className={styles.quiet}>{format.count(seq)}</span>,
    },
  ];
}
