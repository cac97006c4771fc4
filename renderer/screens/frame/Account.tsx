/** Who is signed in: the button at once, and its menu once that is here. */
import { useState } from 'react';
import { late, useLate } from '../../state/late.ts';
import { useEngineIsThere } from '../../state/mirror.ts';
import { AccountButton } from './AccountButton.tsx';

const menuPart = late(async () => import('./AccountMenu.tsx'));

export function Account() {
  // Pressed before the menu is here, it opens as soon as it is.
  const [isPressed, setPressed] = useState(false);
  const isTime = useEngineIsThere() || isPressed;
  const menu = useLate(menuPart, isTime);
  if (menu.kind === 'here') return <menu.part.AccountMenu isOpenAtFirst={isPressed} />;
  return <AccountButton aria-haspopup="menu" onClick={() => setPressed(true)} />;
}
