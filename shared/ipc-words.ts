/** What the parts of the contract between page and engine (ipc.ts) have in common. */
import { z } from 'zod';
import { deskProblemCodes, serverProblemCodes } from './errors.ts';

/** A refusal as the page shows it: `problem.<code>` in the message files, filled with `params`. */
export const DeskProblem = z.object({
  code: z.enum([...serverProblemCodes, ...deskProblemCodes]),
  /** Values for the message's placeholders: amounts in yuan, names, numbers as text. Never a stack. */
  params: z.record(z.string(), z.string()).default({}),
  /** The input's field the refusal is about, as a path in the command's input. */
  field: z.string().optional(),
});
export type DeskProblem = z.infer<typeof DeskProblem>;

export const Language = z.enum(['zh-CN', 'en-US']);
export type Language = z.infer<typeof Language>;
export const Theme = z.enum(['system', 'light', 'dark', 'high-contrast']);
