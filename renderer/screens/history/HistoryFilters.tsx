/** The history's filter. Each change counts at once; text after the person pauses, or on Enter. */
import { useState } from 'react';
import { Button, Dropdown, makeStyles, Option, tokens } from '@fluentui/react-components';
import { DismissCircle16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { TransactionKind } from '../../../shared/api.ts';
import { dayOf } from '../../format.ts';
import { DayField } from '../../parts/DayField.tsx';
import { SearchField } from '../../parts/SearchField.tsx';
import { useNow, useTimeZone } from '../../parts/useFormat.ts';
import { platformName } from '../../parts/words.ts';
import { historyFilter, showHistory, useHistory, type HistoryFilterValue } from '../../state/history.ts';
import { useDesk } from '../../state/mirror.ts';
import { AmountFilter } from './AmountFilter.tsx';
import { CampaignFilter } from './CampaignFilter.tsx';
import { daysOf, rangeOf, ranges } from './ranges.ts';

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px', flexShrink: 0 },
  range: { minWidth: '132px', width: '132px', '& button': { whiteSpace: 'nowrap' } },
  day: { width: '132px' },
  dash: { color: tokens.colorNeutralForeground3 },
  days: { display: 'flex', alignItems: 'center', gap: '6px' },
  list: {
    minWidth: '136px',
    width: '136px',
    '& button': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  },
  campaign: { minWidth: '150px', width: '150px', '& input': { minWidth: 0, width: '100%' } },
  // As wide as what it says in either language; where a line has no room for that, it begins the next one.
  text: { flex: '1 1 184px', minWidth: '184px', maxWidth: '280px' },
});

/** A change of the filter; an empty value takes its part of the filter away. */
function change(part: Partial<Record<keyof HistoryFilterValue, unknown>>): void {
  const next = { ...historyFilter(), ...part };
  const kept = Object.entries(next).filter(
    ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  const filter: HistoryFilterValue = Object.fromEntries(kept);
  if (JSON.stringify(filter) !== JSON.stringify(historyFilter())) void showHistory(filter);
}

export function HistoryFilters() {
  const { t } = useTranslation();
  const styles = useStyles();
  const timeZone = useTimeZone();
  const filter = useHistory((state) => state.filter);
  const today = dayOf(useNow(), timeZone);
  // Custom days stay custom while they happen to be those of a named range.
  const [custom, setCustom] = useState(false);
  const range = custom ? 'custom' : rangeOf(filter, today);
  return (
    <div className={styles.bar} role="search" aria-label={t('history.filters')}>
      <Dropdown
        className={styles.range}
        aria-label={t('history.range')}
        value={t(`history.ranges.${range}`)}
        selectedOptions={[range]}
        onOptionSelect={(_, data) => {
          const chosen = ranges.find((one) => one === data.optionValue);
          if (chosen === undefined) return;
          setCustom(chosen === 'custom');
          change({ fromDay: undefined, toDay: undefined, ...daysOf(chosen, today) });
        }}
      >
        {ranges.map((one) => (
          <Option key={one} value={one}>
            {t(`history.ranges.${one}`)}
          </Option>
        ))}
      </Dropdown>
      {range === 'custom' && (
        <span className={styles.days}>
          <DayField
            className={styles.day}
            label={t('history.fromDay')}
            day={filter.fromDay ?? null}
            max={filter.toDay ?? today}
            onDay={(fromDay) => change({ fromDay })}
          />
          <span className={styles.dash}>–</span>
          <DayField
            className={styles.day}
            label={t('history.toDay')}
            day={filter.toDay ?? null}
            min={filter.fromDay}
            max={today}
            onDay={(toDay) => change({ toDay })}
          />
        </span>
      )}
      <KindFilter chosen={filter.kinds ?? []} />
      <PlatformFilter chosen={filter.platforms ?? []} />
      <CampaignFilter
        className={styles.campaign}
        chosen={filter.campaignId}
        onChoose={(campaignId) => change({ campaignId })}
      />
      <AmountFilter amountFrom={filter.amountFrom} amountTo={filter.amountTo} onChange={change} />
      <SearchField
        className={styles.text}
        label={t('history.text')}
        text={filter.text ?? ''}
        onText={(text) => change({ text })}
      />
      {Object.keys(filter).length > 0 && (
        <Button
          appearance="subtle"
          icon={<DismissCircle16Regular />}
          onClick={() => {
            setCustom(false);
            void showHistory({});
          }}
        >
          {t('history.clear')}
        </Button>
      )}
    </div>
  );
}

function KindFilter({ chosen }: { readonly chosen: readonly string[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  return (
    <Dropdown
      multiselect
      className={styles.list}
      aria-label={t('column.kind')}
      placeholder={t('history.allKinds')}
      value={chosen.map((kind) => t(`kind.${kind}`)).join(t('common.comma'))}
      selectedOptions={[...chosen]}
      onOptionSelect={(_, data) => change({ kinds: data.selectedOptions })}
    >
      {TransactionKind.options.map((kind) => (
        <Option key={kind} value={kind}>
          {t(`kind.${kind}`)}
        </Option>
      ))}
    </Dropdown>
  );
}

function PlatformFilter({ chosen }: { readonly chosen: readonly string[] }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const priced = useDesk(({ pricing }) => pricing?.book.prices) ?? [];
  const platforms = [...new Set([...priced.map(({ platform }) => platform), ...chosen])];
  return (
    <Dropdown
      multiselect
      className={styles.list}
      aria-label={t('column.platform')}
      placeholder={t('history.allPlatforms')}
      value={chosen.map((platform) => platformName(t, platform)).join(t('common.comma'))}
      selectedOptions={[...chosen]}
      onOptionSelect={(_, data) => change({ platforms: data.selectedOptions })}
    >
      {platforms.map((platform) => (
        <Option key={platform} value={platform} text={platformName(t, platform)}>
          {platformName(t, platform)}
        </Option>
      ))}
    </Dropdown>
  );
}
