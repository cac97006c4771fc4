/** One entry of the audit log in full: who, from where, why, what was asked for, and what it was like before and after. */
import { Text } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../../../shared/api-audit.ts';
import { Role } from '../../../../shared/api-words.ts';
import { CopyText } from '../../../parts/CopyText.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts, type Fact } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { problemText } from '../../../parts/words.ts';
import { jsonDifferences, jsonLines } from '../parts/json-lines.ts';
import { JsonLines } from '../parts/JsonLines.tsx';
import { useActionName } from './actions.ts';
import { OutcomeBadge } from './OutcomeBadge.tsx';
import { useWho } from './who.ts';

interface Props {
  readonly entry: AuditEntry | null;
  readonly onClose: () => void;
}

export function EntryDrawer({ entry, onClose }: Props) {
  const actionName = useActionName();
  return (
    <DetailDrawer wide shown={entry} title={({ action }) => actionName(action)} onClose={onClose}>
      {(shown) => <Entry entry={shown} />}
    </DetailDrawer>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { t } = useTranslation();
  const format = useFormat();
  const whoOf = useWho();
  const { before, after, asked, reason, aboutName, aboutId, subject, from, role, outcome, code } = entry;
  const knownRole = Role.options.find((one) => one === role);
  const facts: (Fact | null)[] = [
    { name: t('column.time'), value: format.dateTimeZone(entry.at) },
    {
      name: t('office.audit.who'),
      value: knownRole === undefined ? whoOf(entry) : `${whoOf(entry)} · ${t(`role.${knownRole}`)}`,
    },
    { name: t('office.audit.result'), value: <OutcomeBadge outcome={outcome} /> },
    code === undefined
      ? null
      : { name: t('office.audit.why'), value: problemText(t, { code: codeOf(code), params: {} }) },
    aboutId === undefined ? null : { name: t('office.audit.about'), value: aboutName ?? aboutId },
    subject === undefined
      ? null
      : {
          name: t('office.audit.subject'),
          value: <CopyText text={subject} name={t('office.audit.subject')} />,
        },
    reason === undefined ? null : { name: t('column.reason'), value: reason },
  ];
  const chain: Fact[] = [
    { name: t('column.number'), value: format.count(entry.seq) },
    {
      name: t('office.audit.trace'),
      value: <CopyText text={entry.traceId} name={t('office.audit.trace')} />,
    },
    { name: t('office.audit.hash'), value: <CopyText text={entry.hash} name={t('office.audit.hash')} /> },
  ];
  return (
    <>
      <Facts facts={facts.filter((fact) => fact !== null)} />
      {from === null ? (
        <Text>{t('office.audit.erased')}</Text>
      ) : (
        <JsonLines title={t('office.audit.from')} lines={jsonLines(from)} />
      )}
      {before === undefined ? (
        <>
          <JsonLines title={t('office.audit.asked')} lines={jsonLines(asked)} />
          <JsonLines title={t('office.audit.after')} lines={jsonLines(after)} />
        </>
      ) : (
        <JsonLines title={t('office.audit.changes')} lines={jsonDifferences(before, after)} />
      )}
      <Facts facts={chain} />
    </>
  );
}

/** What the server refused with is one of the problems that the page has words for, or it has none. */
function codeOf(code: string): Parameters<typeof problemText>[1]['code'] {
  return code as Parameters<typeof problemText>[1]['code'];
}
