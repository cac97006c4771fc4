/** The views that a person keeps of the history: named filters, per account. They are the desk's own; no server knows them. */
import { viewsMax, type HistoryView } from '../../shared/ipc-history.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';

export function registerViewCommands(
  registry: CommandRegistry,
  { session, settings }: Pick<DeskContext, 'session' | 'settings'>,
): void {
  const listed = (accountId: string) => answer({ items: [...settings.views(accountId)] });
  const kept = (accountId: string, views: readonly HistoryView[]) => {
    settings.keepViews(
      accountId,
      views.toSorted((a, b) => a.name.localeCompare(b.name, settings.current().language)),
    );
    return listed(accountId);
  };

  registry.handle('view.list', () => {
    const account = session.account();
    return account === null ? refuse('signed_out') : listed(account.id);
  });

  registry.handle('view.keep', (view) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    const others = settings.views(account.id).filter(({ id }) => id !== view.id);
    if (others.some(({ name }) => name === view.name))
      return refuse({ code: 'input_invalid', params: { field: 'name' }, field: 'name' });
    if (others.length >= viewsMax) return refuse('too_many_views', { max: String(viewsMax) });
    return kept(account.id, [...others, view]);
  });

  registry.handle('view.remove', ({ id }) => {
    const account = session.account();
    if (account === null) return refuse('signed_out');
    return kept(
      account.id,
      settings.views(account.id).filter((view) => view.id !== id),
    );
  });
}
