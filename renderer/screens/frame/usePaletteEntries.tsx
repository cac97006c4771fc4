/** What the command palette offers for what is typed: screens, actions, settings that are switched often, campaigns. */
import { useEffect, useState } from 'react';
import type { FluentIcon } from '@fluentui/react-icons';
import {
  Add20Regular,
  ArrowDownload20Regular,
  ArrowSync20Regular,
  DarkTheme20Regular,
  Keyboard20Regular,
  LocalLanguage20Regular,
  TaskListSquareLtr20Regular,
  Wallet20Regular,
} from '@fluentui/react-icons';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Campaign } from '../../../shared/ipc-campaigns.ts';
import { Language, Theme, type DeskProblem } from '../../../shared/ipc-words.ts';
import { invoke } from '../../bridge.ts';
import type { Role } from '../../../shared/api-words.ts';
import { noteCampaign, useRole } from '../../state/mirror.ts';
import { chooseScreen, goToCampaigns, screensOf, showOverlay } from '../../state/navigation.ts';
import { goToSection } from '../../state/office.ts';
import { startRecharge } from '../../state/recharge.ts';
import { officeGroupsOf } from '../office/sections.ts';
import { screenIcons } from './screenIcons.ts';
import { commandKey, exportShown } from './useKeys.ts';

export interface PaletteEntry {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly icon: FluentIcon;
  /** Stands quietly at the end of the line. */
  readonly note?: string;
  readonly keys?: readonly string[];
  /** Answers why it could not be done; null when it was. */
  readonly run: () => DeskProblem | null | Promise<DeskProblem | null>;
}

const campaignsShownMax = 8;

function done(act: () => void): () => null {
  return () => {
    act();
    return null;
  };
}

async function refusal(asked: ReturnType<typeof invoke>): Promise<DeskProblem | null> {
  const reply = await asked;
  return reply.ok ? null : reply.problem;
}

function screenEntries(t: TFunction, role: Role | undefined): PaletteEntry[] {
  return screensOf(role).map((screen, index) => ({
    id: `screen-${screen}`,
    group: t('palette.screens'),
    label: t(`screen.${screen}`),
    icon: screenIcons[screen],
    keys: [commandKey, String(index + 1)],
    run: done(() => chooseScreen(screen)),
  }));
}

function officeEntries(t: TFunction, role: Role | undefined): PaletteEntry[] {
  return officeGroupsOf(role).flatMap(({ sections }) =>
    sections.map(({ id, icon }) => ({
      id: `office-${id}`,
      group: t('screen.office'),
      label: t(`office.${id}.title`),
      icon,
      run: done(() => goToSection(id)),
    })),
  );
}

function actionEntries(t: TFunction): PaletteEntry[] {
  const group = t('palette.actions');
  return [
    {
      id: 'new-campaign',
      group,
      label: t('campaigns.new'),
      icon: Add20Regular,
      run: done(() => goToCampaigns({ kind: 'new' })),
    },
    {
      id: 'export',
      group,
      label: t('export.bill'),
      icon: ArrowDownload20Regular,
      keys: [commandKey, 'E'],
      run: done(exportShown),
    },
    {
      id: 'sync',
      group,
      label: t('outbox.syncNow'),
      icon: ArrowSync20Regular,
      keys: [commandKey, 'R'],
      // A round may take long; how it goes is what the pill says.
      run: done(() => void invoke('sync.now', {})),
    },
    {
      id: 'recharge',
      group,
      label: t('recharge.title'),
      icon: Wallet20Regular,
      run: done(() => startRecharge()),
    },
    {
      id: 'shortcuts',
      group,
      label: t('keys.title'),
      icon: Keyboard20Regular,
      keys: ['F1'],
      run: done(() => showOverlay('shortcuts')),
    },
  ];
}

function settingEntries(t: TFunction): PaletteEntry[] {
  const group = t('screen.settings');
  return [
    ...Theme.options.map((theme) => ({
      id: `theme-${theme}`,
      group,
      label: t('palette.theme', { theme: t(`theme.${theme}`) }),
      icon: DarkTheme20Regular,
      run: () => refusal(invoke('settings.update', { theme })),
    })),
    ...Language.options.map((language) => ({
      id: `language-${language}`,
      group,
      label: t('palette.language', { language: t(`language.${language}`) }),
      icon: LocalLanguage20Regular,
      run: () => refusal(invoke('settings.update', { language })),
    })),
  ];
}

function campaignEntry(t: TFunction, campaign: Campaign): PaletteEntry {
  return {
    id: `campaign-${campaign.id}`,
    group: t('screen.campaigns'),
    label: campaign.name,
    note: t(`phase.${campaign.phase}`),
    icon: TaskListSquareLtr20Regular,
    run: done(() => {
      noteCampaign(campaign);
      goToCampaigns({ kind: 'one', id: campaign.id });
    }),
  };
}

/** The campaigns whose name holds the text; while they are looked for, those of the last answer that may be among them. */
function useFoundCampaigns(text: string): readonly Campaign[] {
  const [found, setFound] = useState<{ of: string; items: readonly Campaign[] }>({ of: '', items: [] });
  useEffect(() => {
    let wanted = true;
    const find = async (): Promise<void> => {
      const reply = await invoke('campaign.find', { text, limit: campaignsShownMax });
      if (wanted && reply.ok) setFound({ of: text, items: reply.output.items });
    };
    void find();
    return () => {
      wanted = false;
    };
  }, [text]);
  // Enter runs what is marked, which must not be what was typed before.
  return found.of === text
    ? found.items
    : found.items.filter(({ name }) => name.toLowerCase().includes(text));
}

/** Everything that holds each of the typed words, in the order of the groups. */
export function usePaletteEntries(typed: string): readonly PaletteEntry[] {
  const { t } = useTranslation();
  const role = useRole();
  const text = typed.trim().toLowerCase();
  const campaigns = useFoundCampaigns(text);
  const words = text.split(/\s+/);
  const fixed = [
    ...screenEntries(t, role),
    ...officeEntries(t, role),
    ...actionEntries(t),
    ...settingEntries(t),
  ].filter(({ label, group }) => words.every((word) => `${group} ${label}`.toLowerCase().includes(word)));
  return [...fixed, ...campaigns.map((campaign) => campaignEntry(t, campaign))];
}
