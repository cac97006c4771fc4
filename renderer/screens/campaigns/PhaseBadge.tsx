/** A campaign's phase in a word, with an icon so that colour says nothing alone. */
import { Badge, type BadgeProps } from '@fluentui/react-components';
import {
  ArrowSync12Regular,
  Checkmark12Regular,
  Circle12Regular,
  Dismiss12Regular,
  Pause12Regular,
  Play12Regular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Campaign } from '../../../shared/ipc-campaigns.ts';

const looks: Record<
  Campaign['phase'],
  { color: NonNullable<BadgeProps['color']>; icon: React.ReactElement }
> = {
  draft: { color: 'informative', icon: <Circle12Regular /> },
  quoted: { color: 'informative', icon: <Circle12Regular /> },
  confirmed: { color: 'brand', icon: <Play12Regular /> },
  running: { color: 'brand', icon: <Play12Regular /> },
  paused: { color: 'warning', icon: <Pause12Regular /> },
  settling: { color: 'brand', icon: <ArrowSync12Regular /> },
  done: { color: 'success', icon: <Checkmark12Regular /> },
  cancelled: { color: 'informative', icon: <Dismiss12Regular /> },
};

export function PhaseBadge({ phase }: { readonly phase: Campaign['phase'] }) {
  const { t } = useTranslation();
  const { color, icon } = looks[phase];
  return (
    <Badge appearance="tint" color={color} icon={icon} style={{ flexShrink: 0 }}>
      {t(`phase.${phase}`)}
    </Badge>
  );
}
