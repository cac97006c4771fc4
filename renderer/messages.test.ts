/** Both languages say the same things, and every text that the page asks for exists. */
import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { ApprovalAct, ApprovalState } from '../shared/api-approvals.ts';
import {
  billColumns,
  CostDifferenceClass,
  CostDifferenceState,
  CostEvidence,
  ProviderBill,
  UnnamedChoice,
} from '../shared/api-bills.ts';
import { AuditFault, AuditOutcome } from '../shared/api-audit.ts';
import { Backup } from '../shared/api-backups.ts';
import {
  DifferenceClass,
  DifferenceKind,
  DifferenceState,
  ProposalKind,
  ReconciliationDay,
  ReconciliationSource,
} from '../shared/api-reconciliation.ts';
import { GrantSource, TransactionKind } from '../shared/api.ts';
import { CallOutcome, MeteredUsage, UsageWarning } from '../shared/api-metering.ts';
import { UsageStep } from '../shared/api-prices.ts';
import { Membership, RechargeOrder, RechargeOrderState } from '../shared/api-selling.ts';
import { MemberLevel, Role } from '../shared/api-words.ts';
import { deskProblemCodes, serverProblemCodes } from '../shared/errors.ts';
import { events } from '../shared/ipc.ts';
import { BillFault } from '../shared/ipc-bills.ts';
import { CampaignPhase, PauseReason, TargetsReport, TaskPhase } from '../shared/ipc-campaigns.ts';
import { DeskState } from '../shared/ipc-desk.ts';
import { OutboxAttempt, OutboxConflict, OutboxState } from '../shared/ipc-outbox.ts';
import { Language, Theme } from '../shared/ipc-words.ts';
import deskEnUs from '../shared/messages/en-US/desk.json';
import membersEnUs from '../shared/messages/en-US/members.json';
import screensEnUs from '../shared/messages/en-US/screens.json';
import deskZhCn from '../shared/messages/zh-CN/desk.json';
import membersZhCn from '../shared/messages/zh-CN/members.json';
import fieldsZhCn from '../shared/messages/zh-CN/office/fields.json';
import screensZhCn from '../shared/messages/zh-CN/screens.json';
import { endpoints, type Endpoint } from '../shared/endpoints.ts';
import { loadMessages } from './messages.ts';
import { actions } from './screens/office/audit/actions.ts';
import { membershipTabs, screens } from './state/navigation.ts';
import { outboxViews } from './state/outbox.ts';

const sources = import.meta.glob<string>(['./**/*.ts', './**/*.tsx', '!./**/*.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

const officeFiles = import.meta.glob<object>('../shared/messages/*/office/*.json', {
  import: 'default',
  eager: true,
});

function officeIn(language: Language): object {
  const files = Object.entries(officeFiles).filter(([path]) => path.includes(`/${language}/`));
  const sections = files.map(([path, messages]) => [/([^/]+)\.json$/.exec(path)?.[1] ?? '', messages]);
  return { office: Object.fromEntries(sections) };
}

/** What is done in the back office alone is in the audit log under its endpoint's name. */
const officeActs = Object.entries<Endpoint>(endpoints)
  .filter(([, { method, allow }]) => method !== 'GET' && Array.isArray(allow) && !allow.includes('operator'))
  .map(([name]) => name)
  .filter((name) => !actions.some((action) => action === name));

/** Every message by its full key; plural forms count as the key they are forms of. */
function flatten(tree: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    const key = `${prefix}${name}`;
    if (typeof value === 'string') found.set(key.replace(/_(?:one|other)$/, ''), value);
    else for (const [inner, text] of flatten(value as object, `${key}.`)) found.set(inner, text);
  }
  return found;
}

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1] ?? ''))].toSorted();
}

function filled(messages: ReadonlyMap<string, string>): string[] {
  return [...messages].map(([key, text]) => `${key}: ${placeholders(text).join(' ')}`).toSorted();
}

const ofScreens = new Map([...flatten(screensZhCn), ...flatten(membersZhCn), ...flatten(officeIn('zh-CN'))]);
const chinese = new Map([...flatten(deskZhCn), ...ofScreens]);
const english = new Map([
  ...flatten(deskEnUs),
  ...flatten(screensEnUs),
  ...flatten(membersEnUs),
  ...flatten(officeIn('en-US')),
]);

/** What may stand in a key's variable part, for each key of the form `prefix.${…}` in the sources. */
const families: Record<string, readonly string[]> = {
  problem: [...serverProblemCodes, ...deskProblemCodes],
  screen: screens,
  kind: TransactionKind.options,
  member: MemberLevel.options,
  role: Role.options,
  language: Language.options,
  theme: Theme.options,
  phase: CampaignPhase.options,
  pause: PauseReason.options,
  pauseWhy: PauseReason.options,
  taskPhase: TaskPhase.options,
  outboxState: OutboxState.options,
  'outbox.view': outboxViews,
  'outbox.none': outboxViews,
  'conflict.advice': OutboxConflict.shape.action.options,
  'conflict.do': OutboxConflict.shape.action.options,
  'report.why': TargetsReport.shape.problems.element.shape.reason.options,
  'quote.step': ['bulk', 'member'],
  'quote.reason': ['applied', 'quantity_too_small', 'not_a_member', 'another_is_better'],
  'pricing.stacking': ['best', 'multiply'],
  'history.ranges': ['all', 'today', 'yesterday', 'week', 'month', 'thisMonth', 'custom'],
  'office.document.wrong': [
    'text',
    'id',
    'asset',
    'money',
    'price',
    'units',
    'count',
    'multiplier',
    'instant',
    'choice',
    'number_choice',
  ],
  'office.document.change': ['added', 'removed', 'changed'],
  'office.prices': ['best', 'multiply'],
  'office.fields': Object.keys(fieldsZhCn),
  'office.prices.strategy': ['tokens', 'duration', 'fixed', 'free'],
  'office.prices.estimate': ['characters', 'input_duration'],
  'office.models.warning': UsageWarning.options,
  'office.reports.near': ['today', 'thisMonth', 'lastMonth'],
  'office.backups.state': Backup.shape.state.options,
  'office.reconciliation.source': ReconciliationSource.options,
  'office.reconciliation.dayState': [...ReconciliationDay.shape.state.options, 'differs'],
  'office.reconciliation.problem': [
    'not_ready',
    'unreachable',
    'refused',
    'hash',
    'format',
    'summary',
    'unexpected',
  ],
  'office.reconciliation.tradeState': ['SUCCESS', 'REFUND', 'REVOKED', 'PROCESSING', 'FAIL', 'CHANGE'],
  'office.reconciliation.class': DifferenceClass.options,
  'office.reconciliation.means': DifferenceClass.options,
  'office.reconciliation.state': DifferenceState.options,
  'office.reconciliation.kind': DifferenceKind.options,
  'office.reconciliation.orderState': [
    'pending',
    'paid',
    'closed',
    'refunded',
    'processing',
    'succeeded',
    'abnormal',
  ],
  'office.reconciliation.propose': ProposalKind.options,
  'office.reconciliation.proposeMeans': ProposalKind.options,
  'office.members.state': Membership.shape.state.options,
  'office.grants.from': GrantSource.options,
  'office.orders.state': RechargeOrderState.options,
  'office.orders.refundState': RechargeOrder.shape.refunds.element.shape.state.options,
  'office.frame.group': ['customers', 'selling', 'books', 'control'],
  'office.bills.billState': ProviderBill.shape.state.options,
  'office.bills.class': CostDifferenceClass.options,
  'office.bills.classMeans': CostDifferenceClass.options,
  'office.bills.state': CostDifferenceState.options,
  'office.bills.from': CostEvidence.shape.ours.element.shape.source.options,
  'office.bills.ask': ['accept', 'dispute'],
  'office.bills.means': ['accept', 'dispute'],
  'office.bills.decided': ['accept', 'dispute'],
  'office.bills.column': billColumns,
  'office.bills.why': BillFault.shape.reason.options,
  'office.bills.dayFormats': ['ymd', 'dmy', 'mdy'],
  'office.bills.amountUnits': ['yuan', 'cents'],
  'office.bills.quantityUnits': ['1', '1000', '10000', '1000000'],
  'office.bills.unnamed': UnnamedChoice.shape.are.options,
  'office.bills.unnamed.are': UnnamedChoice.shape.are.options,
  'office.bills.unnamed.done': UnnamedChoice.shape.are.options,
  'office.margins.costMeans': ['product', 'model', 'user', 'day'],
  'office.margins.one': ['product', 'model', 'user', 'day'],
  'office.margins.by': ['product', 'model', 'user', 'day', 'call'],
  'office.costs.bases': ['tokens', 'piece', 'time', 'day'],
  'office.costs.per': ['piece', 'day'],
  'office.costs.name': ['model', 'product', 'operation', 'provider'],
  'office.reports.kinds': ['day', 'month', 'year'],
  'office.reports.state': ['open', 'closed'],
  'office.reports.line': ['opening', 'recharged', 'consumed', 'refunded', 'paidOut', 'corrected', 'closing'],
  'office.reports.unit': ['opening', 'brought', 'used', 'returned', 'expired', 'corrected', 'closing'],
  'office.reports.sold': ['membership', 'package', 'studio', 'cutout'],
  'office.watch.scopes': ['all', 'provider', 'product'],
  charge: OutboxAttempt.shape.outcome.options,
  'office.audit.action': [...actions, ...officeActs],
  'office.audit.outcome': AuditOutcome.options,
  'office.audit.fault': AuditFault.shape.kind.options,
  'office.approvals.act': ApprovalAct.options,
  'office.approvals.state': ApprovalState.options,
  'office.approvals.after': ['approve', 'refuse', 'withdraw'],
  'settings.secretStore': DeskState.shape.about.shape.secretStore.options,
  'membership.tab': membershipTabs,
  'membership.state': Membership.shape.state.options,
  'membership.over': ['grace', 'ended'],
  'membership.ask': ['buy', 'renew', 'upgrade', 'package'],
  'membership.bought': ['buy', 'renew', 'upgrade', 'package'],
  asset: ['CNY', 'POINT', 'TEXT_TOKEN', 'TOKEN_PACK', 'IMAGE_QUOTA', 'VIDEO_QUOTA'],
  grantSource: GrantSource.options,
  'usage.state': MeteredUsage.shape.state.options,
  'usage.outcome': CallOutcome.options,
  'usage.warning': UsageWarning.options,
  'usage.part': ['paid', 'owed'],
  'usage.step': UsageStep.shape.kind.options,
  notice: events.notice.shape.kind.options,
  platform: ['xiaohongshu', 'douyin'],
  operation: ['follow'],
  executorReason: ['user_not_found', 'private_account', 'already_followed', 'rate_limited'],
};

describe('the message files', () => {
  it('have the same keys in both languages', () => {
    expect([...english.keys()].toSorted()).toEqual([...chinese.keys()].toSorted());
  });

  it('fill in the same values in both languages', () => {
    expect(filled(english)).toEqual(filled(chinese));
  });

  it('leave no message empty', () => {
    const empty = [...chinese, ...english].filter(([, text]) => text.trim() === '');
    expect(empty).toEqual([]);
  });

  it('hold every text that the page asks for by a fixed key', () => {
    const asked = Object.values(sources).flatMap((source) =>
      [...source.matchAll(/'([a-z]\w*(?:\.[\w-]+)+)'/gi)].map((match) => match[1] ?? ''),
    );
    const roots = new Set([...chinese.keys()].map((key) => key.split('.')[0]));
    // Commands and fields look alike; a message's first word is one of the files' first words.
    const keys = asked.filter((key) => roots.has(key.split('.')[0] ?? '') && !commandLike(key));
    expect(keys.length).toBeGreaterThan(200);
    expect(keys.filter((key) => !chinese.has(key))).toEqual([]);
  });

  it('hold every text that the page asks for by a value of a list', () => {
    const asked = new Set(
      Object.values(sources).flatMap((source) =>
        [...source.matchAll(/`([a-z]\w*(?:\.\w+)*)\.\$\{[^}]+\}`/gi)].map((match) => match[1] ?? ''),
      ),
    );
    expect([...asked].filter((prefix) => families[prefix] === undefined)).toEqual([]);
    const wanted = Object.entries(families).flatMap(([prefix, values]) =>
      values.map((value) => `${prefix}.${value}`),
    );
    expect(wanted.filter((key) => !chinese.has(key))).toEqual([]);
  });

  it('hold no screen text that nothing asks for', () => {
    const code = Object.values(sources).join('\n');
    const asked = new Set([...code.matchAll(/'([a-z]\w*(?:\.[\w-]+)+)'/gi)].map((match) => match[1] ?? ''));
    const listed = new Set(
      Object.entries(families).flatMap(([prefix, values]) => values.map((value) => `${prefix}.${value}`)),
    );
    const unused = [...ofScreens.keys()].filter((key) => !asked.has(key) && !listed.has(key));
    expect(unused).toEqual([]);
  });

  it('hold no list of texts that nothing asks for', () => {
    const code = Object.values(sources).join('\n');
    const unused = Object.keys(families).filter((prefix) => !code.includes(`\`${prefix}.\${`));
    expect(unused).toEqual([]);
  });

  it('name every section of the back office', () => {
    const folders = Object.keys(sources).flatMap((path) => /\/office\/([^/]+)\//.exec(path)?.[1] ?? []);
    const sections = [...new Set(folders)].filter((folder) => folder !== 'parts');
    expect(sections.filter((section) => !chinese.has(`office.${section}.title`))).toEqual([]);
  });

  it('name every notice that the engine may send', () => {
    const kinds = events.notice.shape.kind.options;
    expect(kinds.filter((kind) => !chinese.has(`notice.${kind}`))).toEqual([]);
  });

  it('are the only place where the page holds Chinese', () => {
    const withChinese = Object.entries(sources).filter(([, source]) => {
      const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
      return /\p{Script=Han}/u.test(code);
    });
    expect(withChinese.map(([path]) => path)).toEqual([]);
  });
});

const named = (campaign: string): string => i18next.t('export.campaign', { campaign, lng: 'zh-CN' });

describe('a sentence', () => {
  it('is not turned around by a name in it', () => {
    loadMessages();
    expect(named('\u202Etxt.exe\u2066')).toBe('任务“txt.exe”');
    expect(named('שלום & <b>')).toBe('任务“שלום & <b>”');
  });
});

/** `session.signIn`, `history.page` and the like: names of commands, asked with one of the page's ways to ask. */
function commandLike(key: string): boolean {
  const asked = ['invoke', 'useCommand', 'useReading'].map((ask) => `${ask}('${key}'`);
  return Object.values(sources).some((source) => asked.some((call) => source.includes(call)));
}
