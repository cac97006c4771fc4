/**
 * What was typed for a new campaign, and what reading and pricing a draft came to. It outlives the screen, so that
 * nothing typed is lost by looking something up elsewhere.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { z } from 'zod';
import type { CheckedQuote, ExecutorChoice, TargetsReport } from '../../shared/ipc-campaigns.ts';

export interface CampaignForm {
  readonly name: string;
  /** Null: the first one that has a price. */
  readonly platform: string | null;
  /** Null: the settings' choice. */
  readonly executor: z.infer<typeof ExecutorChoice> | null;
  readonly text: string;
  /** A file is used instead of the text where there is one. */
  readonly file: File | null;
}

interface Drafts {
  readonly form: CampaignForm;
  readonly reports: Readonly<Record<string, z.infer<typeof TargetsReport>>>;
  readonly quotes: Readonly<Record<string, CheckedQuote>>;
}

const emptyForm: CampaignForm = { name: '', platform: null, executor: null, text: '', file: null };
const drafts = createStore<Drafts>(() => ({ form: emptyForm, reports: {}, quotes: {} }));

export function useDrafts<T>(select: (state: Drafts) => T): T {
  return useStore(drafts, select);
}

export function typeCampaign(change: Partial<CampaignForm>): void {
  drafts.setState(({ form }) => ({ form: { ...form, ...change } }));
}

export function noteReport(id: string, report: z.infer<typeof TargetsReport>): void {
  drafts.setState(({ reports }) => ({ reports: { ...reports, [id]: report } }));
}

/** Keeps what reading the targets came to, and empties the form for the next campaign. */
export function noteCreated(id: string, report: z.infer<typeof TargetsReport>): void {
  noteReport(id, report);
  drafts.setState({ form: emptyForm });
}

/** Nothing of one person's work shows to the next. */
export function forgetDrafts(): void {
  drafts.setState(drafts.getInitialState(), true);
}

export function noteQuote(id: string, quote: CheckedQuote): void {
  drafts.setState(({ quotes }) => ({ quotes: { ...quotes, [id]: quote } }));
}
