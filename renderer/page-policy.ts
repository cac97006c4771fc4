/**
 * Sets the page up for a content security policy that forbids building code from text. It is imported before any
 * schema is made, because zod decides then whether to compile; it must import nothing of ours.
 */
import { z } from 'zod';

z.config({ jitless: true });
