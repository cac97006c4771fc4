/** Which of a program's arguments are links for the desk. Apart from what they say (desk-links.ts), which a start need not know. */

export const linkScheme = 'zhangtai';

/** Whether an argument of the program is a link rather than an option: the system puts it behind the program's name. */
export function isDeskLink(argument: string): boolean {
  return /^zhangtai:/i.test(argument);
}
